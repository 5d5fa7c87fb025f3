//! `transaction` with databases that are not there, or silent.

use crate::scenarios::support::postgres::{refuses_silent_server, refuses_without_server};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("no_server", || refuses_without_server("transaction")),
        scenario("silent_server", || refuses_silent_server("transaction")),
    ]
}
