//! `listen_notify` on a server.

use crate::scenarios::support::postgres::{
    refuses_silent_server, refuses_without_server, shows_on_postgresql,
};
use crate::scenarios::support::runner::{Scenario, on_postgresql, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("no_server", || refuses_without_server("listen_notify")),
        scenario("silent_server", || refuses_silent_server("listen_notify")),
        on_postgresql("header", |url| shows_on_postgresql("listen_notify", url)),
    ]
}
