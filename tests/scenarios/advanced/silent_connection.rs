//! `silent_connection` on a server, with questions that fail, and with a server that
//! says nothing.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use sqlx::Executor;
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::scenarios::support::changed::ends_with;
use crate::scenarios::support::relay::Relay;
use crate::scenarios::support::runner::{Scenario, on_postgresql, scenario};
use example::create_pool;

#[path = "../../../examples-advanced/src/bin/silent_connection.rs"]
#[expect(dead_code, reason = "its scene is not part of the scenario")]
mod example;

pub fn scenarios() -> Vec<Scenario> {
    vec![
        on_postgresql("postgresql", replaced),
        on_postgresql("long_statement", long_statement),
        scenario("no_answer", no_answer).slow(),
        scenario("silent_server", silent_server).slow(),
    ]
}

/// The network goes silent while the connection is idle, and in the middle of a
/// statement: the question after the one without an answer has one.
async fn replaced(url: String) -> Result<()> {
    /// Nothing answers in this time.
    const SILENCE: Duration = Duration::from_secs(2);
    /// Without the pool's own limit, it would wait forever.
    const LIMIT: Duration = Duration::from_secs(10);
    let (relay, through) = Relay::to_postgres(&url)?;
    let pool = create_pool(through.parse()?);
    pool.execute("SELECT 1").await?;
    relay.go_silent();
    // No matter whether it has an answer.
    let _ = timeout(SILENCE, pool.execute("SELECT 1")).await;
    let next = timeout(LIMIT, pool.execute("SELECT 1")).await;
    let when = "silent while it was idle";
    next.context(when)?.context(when)?;

    let slow = async {
        let mut connection = pool.acquire().await?;
        relay.go_silent();
        connection.execute("SELECT 1").await
    };
    let answer = timeout(SILENCE, slow).await;
    ensure!(answer.is_err(), "an answer: {answer:?}");
    let next = timeout(LIMIT, pool.execute("SELECT 1")).await;
    let when = "silent in a statement";
    next.context(when)?.context(when)?;
    Ok(())
}

/// The server itself stops a statement for which nobody waits anymore.
async fn long_statement(url: String) -> Result<()> {
    let pool = create_pool(url.parse()?);
    let limit = sqlx::query_scalar("SHOW statement_timeout");
    let limit: String = limit.fetch_one(&pool).await?;
    ensure!(limit == "3s", "the server's limit is {limit:?}");
    Ok(())
}

/// An error is not an answer, however soon it comes.
async fn no_answer() -> Result<()> {
    let changes = [(
        "async fn main() -> anyhow::Result<()> {",
        "async fn main() -> anyhow::Result<()> {
    let pool = create_pool(server().await?);
    pool.close().await;
    println!(\"{} answered\", ask_3_times(&pool).await);
    Ok(())
}

async fn scene() -> anyhow::Result<()> {",
    )];
    ends_with(
        "examples-advanced",
        "silent_connection",
        &changes,
        "0 answered",
    )
    .await
}

/// A server says nothing from the start: the pool gives up after 3 s.
async fn silent_server() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("postgres://ann@{}/shop", listener.local_addr()?);
    let pool = create_pool(url.parse()?);
    let connection = timeout(Duration::from_secs(5), pool.acquire()).await;
    ensure!(
        matches!(connection, Ok(Err(_))),
        "an error within 5 s is expected, not {connection:?}"
    );
    Ok(())
}
