//! Scenarios of examples-http: a file for each example that has any.

mod fetch;
mod hello;
mod hello_server;
mod users;

use super::support::runner::scenarios_of;

scenarios_of! {
    fetch,
    hello,
    hello_server,
    users,
}
