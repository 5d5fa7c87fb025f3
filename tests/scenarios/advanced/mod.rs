//! Scenarios of examples-advanced: a file for each example that has any.

mod batching;
mod buffer_unordered;
mod bulk_insert;
mod catch_up;
mod database_handler;
mod database_tests;
mod future_by_hand;
mod job_queue;
mod join_by_hand;
mod latency;
mod leader;
mod listen_notify;
mod mini_runtime;
mod outbox;
mod pin;
mod pool;
mod process_request;
mod read_batching;
mod row_stream;
mod silent_connection;
mod sqlite_write_lock;
mod state_machine;
mod stream;
mod transaction;
mod transaction_retry;
mod waker;
mod web_api;

use super::support::runner::scenarios_of;

scenarios_of! {
    batching,
    buffer_unordered,
    bulk_insert,
    catch_up,
    database_handler,
    database_tests,
    future_by_hand,
    job_queue,
    leader,
    join_by_hand,
    latency,
    listen_notify,
    mini_runtime,
    outbox,
    pin,
    pool,
    process_request,
    read_batching,
    row_stream,
    silent_connection,
    sqlite_write_lock,
    state_machine,
    stream,
    transaction,
    transaction_retry,
    waker,
    web_api,
}
