//! Scenarios of examples-channels: a file for each example that has any.

mod actor;
mod actor_cycle;
mod backpressure;
mod barrier_once;
mod broadcast;
mod capacity;
mod deadlock;
mod debounce;
mod event_bus;
mod fan_in_fan_out;
mod guard_scope;
mod merge_select;
mod mpsc;
mod never_closes;
mod notify;
mod notify_enable;
mod oneshot;
mod pipeline;
mod priority_queue;
mod rate_limiter;
mod request_reply;
mod semaphore;
mod send_timeout;
mod single_flight;
mod supervisor;
mod sync_bridge_channel;
mod watch;
mod which_mutex;
mod worker_pool;
mod worker_pool_panics;

use super::support::runner::scenarios_of;

scenarios_of! {
    actor,
    actor_cycle,
    backpressure,
    barrier_once,
    broadcast,
    capacity,
    deadlock,
    debounce,
    event_bus,
    fan_in_fan_out,
    guard_scope,
    merge_select,
    mpsc,
    never_closes,
    notify,
    notify_enable,
    oneshot,
    pipeline,
    priority_queue,
    rate_limiter,
    request_reply,
    semaphore,
    send_timeout,
    single_flight,
    supervisor,
    sync_bridge_channel,
    watch,
    which_mutex,
    worker_pool,
    worker_pool_panics,
}
