//! Scenarios of examples-http: a file for each example that has any.

mod error_chain;
mod fetch;
mod fetch_to_disk;
mod hello;
mod hello_server;
mod users;

use super::support::runner::scenarios_of;

scenarios_of! {
    error_chain,
    fetch,
    fetch_to_disk,
    hello,
    hello_server,
    users,
}
