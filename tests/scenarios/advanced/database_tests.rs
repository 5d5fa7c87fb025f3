//! `database_tests` with a test that uses two connections.

use std::pin::pin;
use std::time::Duration;

use anyhow::{Result, ensure};
use sqlx::Executor;
use tokio::time::timeout;

use crate::scenarios::support::runner::{Scenario, scenario};
use example::test_database;

#[path = "../../../examples-advanced/src/bin/database_tests.rs"]
#[expect(dead_code, reason = "its scene is not part of the scenario")]
mod example;

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("waits", waits)]
}

/// A question beside a transaction waits for it, and is not refused.
async fn waits() -> Result<()> {
    let database = test_database().await?;
    let mut transaction = database.begin().await?;
    let ann = "INSERT INTO users VALUES ('Ann')";
    transaction.execute(ann).await?;
    let count = sqlx::query_scalar("SELECT COUNT(*) FROM users").fetch_one(&database);
    let mut count = pin!(count);
    let early = timeout(Duration::from_millis(100), &mut count).await;
    ensure!(early.is_err(), "beside a transaction: {early:?}");
    transaction.commit().await?;
    let count: i64 = count.await?;
    ensure!(count == 1, "{count} users");
    Ok(())
}
