//! Scenarios of examples-basics: a file for each example that has any.

mod abort_on_drop;
mod async_arguments;
mod async_closures;
mod async_return_value;
mod async_traits;
mod await_in_place;
mod background_task;
mod blocking_the_runtime;
mod borrow_or_spawn;
mod concurrent_vs_parallel;
mod cooperation;
mod cost_of_spawning;
mod deadline;
mod error_handling;
mod join;
mod join_many;
mod join_set;
mod lazy_future;
mod many_tasks;
mod race;
#[cfg(unix)]
mod recursion;
mod runtime_builder;
mod select;
mod select_forms;
mod sequential_vs_concurrent;
mod spawn;
mod spawn_two;
mod sync_bridge;
mod task_lifecycle;
mod thread_sleep;
mod timeout;
mod timeout_blocking;
mod tokio_main;
mod try_join;
mod typed_error;
mod unfinished_task;
mod zero_cost;

use super::support::runner::scenarios_of;

scenarios_of! {
    abort_on_drop,
    async_arguments,
    async_closures,
    async_return_value,
    async_traits,
    await_in_place,
    background_task,
    blocking_the_runtime,
    borrow_or_spawn,
    concurrent_vs_parallel,
    cooperation,
    cost_of_spawning,
    deadline,
    error_handling,
    join,
    join_many,
    join_set,
    lazy_future,
    many_tasks,
    race,
    #[cfg(unix)] recursion,
    runtime_builder,
    select,
    select_forms,
    sequential_vs_concurrent,
    spawn,
    spawn_two,
    sync_bridge,
    task_lifecycle,
    thread_sleep,
    timeout,
    timeout_blocking,
    tokio_main,
    try_join,
    typed_error,
    unfinished_task,
    zero_cost,
}
