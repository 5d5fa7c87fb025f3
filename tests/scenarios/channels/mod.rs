//! Scenarios of examples-channels: a file for each example that has any.

mod actor;
mod capacity;
mod deadlock;
mod notify_enable;
mod pipeline;
mod priority_queue;
mod rate_limiter;
mod single_flight;
mod supervisor;
mod which_mutex;
mod worker_pool_panics;

use super::support::runner::scenarios_of;

scenarios_of! {
    actor,
    capacity,
    deadlock,
    notify_enable,
    pipeline,
    priority_queue,
    rate_limiter,
    single_flight,
    supervisor,
    which_mutex,
    worker_pool_panics,
}
