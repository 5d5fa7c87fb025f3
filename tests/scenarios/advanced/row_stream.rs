//! `row_stream` with databases that are not there.

use crate::scenarios::support::postgres::refuses_without_server;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("no_server", || {
        refuses_without_server("row_stream")
    })]
}
