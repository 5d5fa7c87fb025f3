//! `silent_connection` on a server.

use std::time::Duration;

use anyhow::{Context, Result};
use sqlx::Executor;
use tokio::time::timeout;

use crate::scenarios::support::relay::Relay;
use crate::scenarios::support::runner::{Scenario, on_postgresql};
use example::create_pool;

#[path = "../../../examples-advanced/src/bin/silent_connection.rs"]
#[expect(dead_code, reason = "its scene is not part of the scenario")]
mod example;

pub fn scenarios() -> Vec<Scenario> {
    vec![on_postgresql("postgresql", replaced)]
}

/// The network goes silent while the connection is idle, and in the middle of a
/// statement: the question after the one without an answer has one.
async fn replaced(url: String) -> Result<()> {
    const LIMIT: Duration = Duration::from_secs(1);
    let (relay, through) = Relay::to_postgres(&url)?;
    let pool = create_pool(through.parse()?);
    pool.execute("SELECT 1").await?;
    relay.go_silent();
    // No matter whether it has an answer.
    let _ = timeout(LIMIT, pool.execute("SELECT 1")).await;
    let next = timeout(LIMIT, pool.execute("SELECT 1")).await;
    next.context("silent while it was idle")??;

    let slow = async {
        let mut connection = pool.acquire().await?;
        relay.go_silent();
        connection.execute("SELECT 1").await
    };
    let answer = timeout(LIMIT, slow).await;
    anyhow::ensure!(answer.is_err(), "an answer: {answer:?}");
    let next = timeout(LIMIT, pool.execute("SELECT 1")).await;
    next.context("silent in a statement")??;
    Ok(())
}
