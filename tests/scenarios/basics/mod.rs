//! Scenarios of examples-basics: a file for each example that has any.

mod async_closures;
mod async_traits;
mod blocking_the_runtime;
mod borrow_or_spawn;
mod concurrent_vs_parallel;
mod cooperation;
mod cost_of_spawning;
mod deadline;
mod many_tasks;
mod race;
#[cfg(unix)]
mod recursion;
mod runtime_builder;
mod select;
mod sequential_vs_concurrent;
mod spawn;
mod spawn_two;
mod sync_bridge;
mod timeout;
mod unfinished_task;
mod zero_cost;

use super::support::runner::scenarios_of;

scenarios_of! {
    async_closures,
    async_traits,
    blocking_the_runtime,
    borrow_or_spawn,
    concurrent_vs_parallel,
    cooperation,
    cost_of_spawning,
    deadline,
    many_tasks,
    race,
    #[cfg(unix)] recursion,
    runtime_builder,
    select,
    sequential_vs_concurrent,
    spawn,
    spawn_two,
    sync_bridge,
    timeout,
    unfinished_task,
    zero_cost,
}
