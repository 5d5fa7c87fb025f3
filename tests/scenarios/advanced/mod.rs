//! Scenarios of examples-advanced: a file for each example that has any.

mod bulk_insert;
mod catch_up;
mod job_queue;
mod listen_notify;
mod outbox;
mod pool;
mod row_stream;
mod transaction;
mod transaction_retry;
mod web_api;

use super::support::runner::scenarios_of;

scenarios_of! {
    bulk_insert,
    catch_up,
    job_queue,
    listen_notify,
    outbox,
    pool,
    row_stream,
    transaction,
    transaction_retry,
    web_api,
}
