//! Share at most five database connections with a `Pool`.
//!
//! Of ten workers five wait their turn, each for `acquire_timeout` at most. A
//! task that holds a connection and asks the pool for another may wait for
//! itself. Here the pool has one connection, and one task is enough; with five
//! it takes five such tasks at the same moment, so it happens under load only.
//! The cure is to use what one holds, `&mut *held`.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin pool
//! 10 workers, at most 5 connections
//! 5 are done      # 200 ms
//! 10 are done     # 400 ms
//! broken: pool timed out while waiting for an open connection     # 900 ms
//! fixed: the row is 42                                            # 900 ms
//! $ DATABASE_URL=postgres://127.0.0.1:9/shop cargo run -p examples-advanced --bin pool  # exit 1
//! Error: DATABASE_URL: error communicating with database: [..]
//! ```
//!
//! It runs on SQLite in memory, or on the PostgreSQL that `DATABASE_URL` names.
//! A server that is not there is found out by a first connection outside the
//! pool: the pool tries again for all of its timeout, 30 s by default, and then
//! says no more than that it has timed out.
//!
//! Copy it with `cargo add sqlx --no-default-features -F
//! any,postgres,runtime-tokio,sqlite-bundled`, `cargo add anyhow` and
//! `cargo add tokio -F macros,rt-multi-thread,time`.

use std::env;
use std::time::Duration;

use anyhow::anyhow;
use sqlx::any::{AnyPoolOptions, install_default_drivers};
use sqlx::{AnyConnection, AnyPool, Connection};
use tokio::task::JoinSet;
use tokio::time::sleep;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    install_default_drivers();
    let url = env::var("DATABASE_URL").unwrap_or("sqlite::memory:".into());
    let first = AnyConnection::connect(&url).await;
    let first = first.map_err(|error| anyhow!("DATABASE_URL: {error}"))?;
    first.close().await?;

    let pool = pool_of(5, Duration::from_secs(5), &url).await?;
    let small = pool_of(1, Duration::from_millis(500), &url).await?;
    println!("10 workers, at most 5 connections");
    let mut workers = JoinSet::new();
    for _ in 0..10 {
        workers.spawn(work(pool.clone()));
    }
    for done in 1..=10 {
        let Some(worker) = workers.join_next().await else {
            break;
        };
        worker??;
        if done % 5 == 0 {
            println!("{done} are done");
        }
    }

    match broken(&small).await {
        Ok(row) => println!("broken: the row is {row}"),
        Err(error) => println!("broken: {error}"),
    }
    println!("fixed: the row is {}", fixed(&small).await?);
    small.close().await;
    pool.close().await;
    Ok(())
}

async fn pool_of(connections: u32, timeout: Duration, url: &str) -> sqlx::Result<AnyPool> {
    // All of them at the start; else each is opened when it is first needed.
    AnyPoolOptions::new()
        .min_connections(connections)
        .max_connections(connections)
        .acquire_timeout(timeout)
        .connect(url)
        .await
}

/// Holds a connection for 200 ms, as a slow query does.
async fn work(pool: AnyPool) -> sqlx::Result<()> {
    let mut connection = pool.acquire().await?;
    sqlx::query("SELECT 1").execute(&mut *connection).await?;
    sleep(Duration::from_millis(200)).await;
    Ok(())
}

async fn broken(pool: &AnyPool) -> sqlx::Result<i32> {
    let held = pool.begin().await?;
    // Waits for a connection to come back, and `held` will not.
    let row = sqlx::query_scalar("SELECT 42").fetch_one(pool).await?;
    held.commit().await?;
    Ok(row)
}

async fn fixed(pool: &AnyPool) -> sqlx::Result<i32> {
    let mut held = pool.begin().await?;
    let row = sqlx::query_scalar("SELECT 42")
        .fetch_one(&mut *held)
        .await?;
    held.commit().await?;
    Ok(row)
}
