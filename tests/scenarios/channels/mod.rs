//! Scenarios of examples-channels: a file for each example that has any.

mod actor;
mod capacity;
mod deadlock;
mod merge_select;
mod mpsc;
mod notify_enable;
mod pipeline;
mod priority_queue;
mod rate_limiter;
mod request_reply;
mod single_flight;
mod supervisor;
mod watch;
mod which_mutex;
mod worker_pool_panics;

use super::support::runner::scenarios_of;

scenarios_of! {
    actor,
    capacity,
    deadlock,
    merge_select,
    mpsc,
    notify_enable,
    pipeline,
    priority_queue,
    rate_limiter,
    request_reply,
    single_flight,
    supervisor,
    watch,
    which_mutex,
    worker_pool_panics,
}
