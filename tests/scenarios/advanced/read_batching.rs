//! `read_batching` with callers that leave, and a database that does not answer.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{Connection, Executor, SqliteConnection, SqlitePool};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::scenarios::support::postgres::sqlite;
use crate::scenarios::support::runner::{Scenario, scenario};
use example::UserLoader;

#[path = "../../../examples-advanced/src/bin/read_batching.rs"]
#[expect(dead_code, reason = "its scene is not part of the scenario")]
mod example;

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("each_its_own", each_its_own),
        scenario("no_answer", no_answer),
    ]
}

/// Many callers at the same time, some of whom leave: each of the others gets
/// the user that it has asked for, or none.
async fn each_its_own() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let loader = UserLoader::new(users(&sqlite(&folder)).await?);
    let mut callers = JoinSet::new();
    for number in 0..500_i64 {
        let loader = loader.clone();
        callers.spawn(async move {
            // Some ask for the same one, and some for one that is not there.
            let id = number * 7 % 400;
            if number % 5 == 0 {
                let _ = timeout(Duration::ZERO, loader.read(id)).await;
                return Ok(());
            }
            let right = (1..=300).contains(&id).then(|| format!("user {id}"));
            let user = loader.read(id).await?;
            ensure!(user == right, "user {id} is {user:?}");
            Ok(())
        });
    }
    while let Some(done) = callers.join_next().await {
        done??;
    }
    Ok(())
}

/// While another process holds a lock, a caller gets an error within a few
/// seconds; afterwards it gets its user.
async fn no_answer() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let url = sqlite(&folder);
    let loader = UserLoader::new(users(&url).await?);
    let mut other = SqliteConnection::connect(&url).await?;
    other.execute("BEGIN EXCLUSIVE").await?;
    let begin = Instant::now();
    let user = loader.read(1).await;
    let took = begin.elapsed();
    ensure!(user.is_err(), "the database is not locked: {user:?}");
    ensure!(
        took < Duration::from_millis(4500),
        "an error after {took:?}"
    );
    other.execute("ROLLBACK").await?;
    let user = loader.read(1).await?;
    ensure!(user.as_deref() == Some("user 1"), "user 1 is {user:?}");
    Ok(())
}

async fn users(url: &str) -> Result<SqlitePool> {
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .connect(url)
        .await?;
    pool.execute(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
         WITH RECURSIVE ids (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM ids WHERE id < 300)
         INSERT INTO users SELECT id, 'user ' || id FROM ids",
    )
    .await?;
    Ok(pool)
}
