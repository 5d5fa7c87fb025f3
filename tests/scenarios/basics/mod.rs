//! Scenarios of examples-basics: a file for each example that has any.

mod async_closures;
mod blocking_the_runtime;
mod borrow_or_spawn;
mod concurrent_vs_parallel;
mod many_tasks;
#[cfg(unix)]
mod recursion;
mod runtime_builder;
mod select;
mod spawn;
mod timeout;
mod unfinished_task;
mod zero_cost;

use super::support::runner::scenarios_of;

scenarios_of! {
    async_closures,
    blocking_the_runtime,
    borrow_or_spawn,
    concurrent_vs_parallel,
    many_tasks,
    #[cfg(unix)] recursion,
    runtime_builder,
    select,
    spawn,
    timeout,
    unfinished_task,
    zero_cost,
}
