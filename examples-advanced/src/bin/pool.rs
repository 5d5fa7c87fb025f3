//! Share at most five database connections with `AnyPoolOptions`.
//!
//! Ten workers use a connection for 200 ms each. The pool has five
//! connections, so five workers wait for the others, and all are done after
//! 400 ms. `broken` holds a connection and asks for another one. In a pool of
//! one it waits for itself, until `acquire_timeout` returns an error after 1
//! s. The same happens in a pool of five if five tasks do so at the same
//! moment. `fixed` uses the connection that it has.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin pool
//! database: [..]
//! 10 workers done, at most 5 connections in use                  # 400 ms
//! broken: pool timed out while waiting for an open connection    # 1.4 s
//! fixed: done                                                    # 1.4 s
//! $ DATABASE_URL=postgres://127.0.0.1:9/shop cargo run -p examples-advanced --bin pool
//! database: postgres 127.0.0.1/shop
//! Error: DATABASE_URL: error communicating with database: [..]
//! # exit 1
//! ```
//!
//! It runs on the PostgreSQL that `DATABASE_URL` names, or on SQLite in
//! memory, where the connections share no tables. The second run fails because
//! nothing listens on port 9. For PostgreSQL alone, use `PgPoolOptions` in the
//! same way. The part to reuse starts at `create_pool`. To replace a
//! connection whose server no longer answers, see `silent_connection`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add anyhow
//! cargo add sqlx --no-default-features -F any,postgres,runtime-tokio,sqlite-bundled
//! cargo add tokio -F macros,rt-multi-thread,time
//! ```

use std::env;
use std::time::Duration;

use anyhow::anyhow;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions, install_default_drivers};
use sqlx::{AnyConnection, AnyPool, Connection, Executor};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = database()?;
    let pool = create_pool(&options, 5).await?;
    let mut workers = JoinSet::new();
    for _ in 0..10 {
        workers.spawn(work(pool.clone()));
    }
    let mut most = 0;
    while let Some(in_use) = workers.join_next().await {
        // The first `?` is for a panic, the second for the database.
        most = most.max(in_use??);
    }
    println!("10 workers done, at most {most} connections in use");

    let pool_of_one = create_pool(&options, 1).await?;
    if let Err(error) = broken(&pool_of_one).await {
        println!("broken: {error}");
    }
    fixed(&pool_of_one).await?;
    println!("fixed: done");
    Ok(())
}

/// Holds a connection for 200 ms; returns how many are in use then.
async fn work(pool: AnyPool) -> sqlx::Result<usize> {
    let mut connection = pool.acquire().await?;
    connection.execute("SELECT 1").await?;
    sleep(Duration::from_millis(200)).await;
    Ok(pool.size() as usize - pool.num_idle())
}

async fn broken(pool: &AnyPool) -> sqlx::Result<()> {
    let transaction = pool.begin().await?;
    // This asks the pool for another connection.
    pool.execute("SELECT 1").await?;
    transaction.commit().await
}

async fn fixed(pool: &AnyPool) -> sqlx::Result<()> {
    let mut transaction = pool.begin().await?;
    transaction.execute("SELECT 1").await?;
    transaction.commit().await
}

/// Reads `DATABASE_URL`, or takes SQLite in memory, and says which one it is.
fn database() -> anyhow::Result<AnyConnectOptions> {
    install_default_drivers();
    let url = env::var("DATABASE_URL").unwrap_or("sqlite::memory:".into());
    let options: AnyConnectOptions = url
        .parse()
        .map_err(|error| anyhow!("DATABASE_URL: {error}"))?;
    let url = &options.database_url;
    let host = url.host_str().unwrap_or_default();
    println!("database: {} {host}{}", url.scheme(), url.path());
    Ok(options)
}

async fn create_pool(options: &AnyConnectOptions, connections: u32) -> anyhow::Result<AnyPool> {
    // If there is no server, a pool would only say that it has timed out. A
    // first connection outside the pool gives the reason.
    let try_once = async { AnyConnection::connect_with(options).await?.close().await };
    timeout(CONNECT_TIMEOUT, try_once)
        .await
        .map_err(|_| anyhow!("DATABASE_URL: no answer within {CONNECT_TIMEOUT:?}"))?
        .map_err(|error| anyhow!("DATABASE_URL: {error}"))?;

    Ok(AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(1))
        // Lazy: the pool opens a connection when it is first needed.
        .connect_lazy_with(options.clone()))
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
