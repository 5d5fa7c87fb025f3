//! Scenarios of examples-basics: a file for each example that has any.

mod blocking_the_runtime;
mod borrow_or_spawn;
mod many_tasks;
#[cfg(unix)]
mod recursion;
mod select;
mod timeout;
mod zero_cost;

use super::support::runner::scenarios_of;

scenarios_of! {
    blocking_the_runtime,
    borrow_or_spawn,
    many_tasks,
    #[cfg(unix)] recursion,
    select,
    timeout,
    zero_cost,
}
