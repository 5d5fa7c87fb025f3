//! `pool` with databases that are not there, or silent, and with a write.

use anyhow::Result;

use crate::scenarios::support::changed::ends_with;
use crate::scenarios::support::postgres::{refuses_silent_server, refuses_without_server};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("no_server", || refuses_without_server("pool")),
        scenario("silent_server", || refuses_silent_server("pool")),
        scenario("writes", writes).slow(),
    ]
}

/// What `fixed` writes is there afterwards.
async fn writes() -> Result<()> {
    let changes = [
        // On a busy machine it may take longer than 1 s to open a connection.
        (
            ".acquire_timeout(Duration::from_secs(1))",
            ".acquire_timeout(Duration::from_secs(5))",
        ),
        (
            "transaction.execute(\"SELECT 1\")",
            "transaction.execute(\"CREATE TABLE written (it BIGINT)\")",
        ),
        (
            "println!(\"fixed: done\");",
            "pool_of_one.execute(\"SELECT it FROM written\").await?;
    println!(\"fixed: written\");",
        ),
    ];
    ends_with("examples-advanced", "pool", &changes, "fixed: written").await
}
