//! Share at most five database connections with `PgPoolOptions`.
//!
//! Ten workers use a connection for 200 ms each. The pool has five, so five
//! workers wait their turn. All are done after 400 ms. A task that holds a
//! connection and asks for another can deadlock: always in a pool of one, as in
//! `broken`, and in a pool of five if five tasks do so at the same moment.
//! `fixed` passes on the connection that the task holds.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin pool
//! database: [..]
//! 10 workers done, at most 5 connections in use                  # 400 ms
//! broken: pool timed out while waiting for an open connection    # 900 ms
//! fixed: done                                                    # 900 ms
//! $ DATABASE_URL=postgres://127.0.0.1:9/shop cargo run -p examples-advanced --bin pool
//! database: postgres 127.0.0.1/shop
//! Error: DATABASE_URL: error communicating with database: [..]
//! # exit 1
//! ```
//!
//! It runs on SQLite in memory, or on the PostgreSQL that `DATABASE_URL` names.
//! The part to reuse starts at `create_pool`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add anyhow
//! cargo add sqlx --no-default-features -F postgres,runtime-tokio,sqlite-bundled
//! cargo add tokio -F macros,rt-multi-thread,time
//! ```

use std::env;
use std::time::Duration;

use anyhow::{anyhow, ensure};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{Connection, Database, PgConnection, PgPool, Pool};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    if let Ok(url) = env::var("DATABASE_URL") {
        let options = postgres_options(&url)?;
        return demonstrate(create_pool(options).await?).await;
    }
    println!("database: SQLite in memory");
    let pool = SqlitePoolOptions::new()
        .max_connections(5)
        .connect("sqlite::memory:")
        .await?;
    demonstrate(pool).await
}

async fn demonstrate<DB: Database>(pool: Pool<DB>) -> anyhow::Result<()> {
    let mut workers = JoinSet::new();
    for _ in 0..10 {
        workers.spawn(work(pool.clone()));
    }
    let mut most = 0;
    while let Some(in_use) = workers.join_next().await {
        most = most.max(in_use??);
    }
    println!("10 workers done, at most {most} connections in use");

    let pool_of_one = pool
        .options()
        .clone()
        .max_connections(1)
        .acquire_timeout(Duration::from_millis(500))
        .connect_lazy_with((*pool.connect_options()).clone());
    if let Err(error) = broken(&pool_of_one).await {
        println!("broken: {error}");
    }
    fixed(&pool_of_one).await?;
    println!("fixed: done");
    Ok(())
}

/// Holds a connection for 200 ms; returns how many were in use.
async fn work<DB: Database>(pool: Pool<DB>) -> sqlx::Result<usize> {
    let mut connection = pool.acquire().await?;
    connection.ping().await?;
    sleep(Duration::from_millis(200)).await;
    Ok(pool.size() as usize - pool.num_idle())
}

async fn broken<DB: Database>(pool: &Pool<DB>) -> sqlx::Result<()> {
    let transaction = pool.begin().await?;
    // Waits for a connection to come back, but the only one is held here.
    let mut another = pool.acquire().await?;
    // `ping` stands for a query.
    another.ping().await?;
    transaction.commit().await
}

async fn fixed<DB: Database>(pool: &Pool<DB>) -> sqlx::Result<()> {
    let mut transaction = pool.begin().await?;
    // For a query: `.execute(&mut *transaction)`.
    transaction.ping().await?;
    transaction.commit().await
}

/// Reads the address of a PostgreSQL, and says which one it is.
fn postgres_options(url: &str) -> anyhow::Result<PgConnectOptions> {
    let scheme = url.split(':').next().unwrap_or_default();
    ensure!(
        matches!(scheme, "postgres" | "postgresql"),
        "DATABASE_URL: {scheme} is not supported; give postgres://user:password@host/database"
    );
    let options: PgConnectOptions = url
        .parse()
        .map_err(|error| anyhow!("DATABASE_URL: {error}"))?;
    let database = options.get_database().unwrap_or_default();
    println!("database: postgres {}/{database}", options.get_host());
    Ok(options)
}

async fn create_pool(options: PgConnectOptions) -> anyhow::Result<PgPool> {
    // If the server is not there, a pool tries for all of `acquire_timeout`,
    // and then says only that it has timed out. A first connection outside the
    // pool gives the reason immediately.
    timeout(CONNECT_TIMEOUT, PgConnection::connect_with(&options))
        .await
        .map_err(|_| anyhow!("DATABASE_URL: no answer within {CONNECT_TIMEOUT:?}"))?
        .map_err(|error| anyhow!("DATABASE_URL: {error}"))?
        .close()
        .await?;

    let pool = PgPoolOptions::new()
        .max_connections(5)
        .acquire_timeout(Duration::from_secs(3))
        .connect_with(options)
        .await?;
    Ok(pool)
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
