//! Scenarios of examples-advanced: a file for each example that has any.

mod bulk_insert;
mod catch_up;
mod future_by_hand;
mod job_queue;
mod join_by_hand;
mod latency;
mod leader;
mod listen_notify;
mod mini_runtime;
mod outbox;
mod pool;
mod read_batching;
mod row_stream;
mod silent_connection;
mod transaction;
mod transaction_retry;
mod web_api;

use super::support::runner::scenarios_of;

scenarios_of! {
    bulk_insert,
    catch_up,
    future_by_hand,
    job_queue,
    leader,
    join_by_hand,
    latency,
    listen_notify,
    mini_runtime,
    outbox,
    pool,
    read_batching,
    row_stream,
    silent_connection,
    transaction,
    transaction_retry,
    web_api,
}
