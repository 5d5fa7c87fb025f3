//! Avoid "database is locked" on SQLite, with `BEGIN IMMEDIATE` and WAL mode.
//!
//! SQLite lets one connection write at a time. Four tills (cash registers) each
//! read a counter and add 1, in a transaction of 100 ms. A plain `BEGIN` takes
//! the write lock only at the first write. If another till has written since
//! the read, SQLite refuses this write, and no busy timeout helps.
//! `BEGIN IMMEDIATE` takes the lock before the read. The other tills wait for
//! it up to the busy timeout; without one, they fail immediately. In the
//! default mode, a write must also wait while another connection reads. In WAL
//! mode (write-ahead log) it succeeds.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin sqlite_write_lock
//! broken, BEGIN: ~1 of 4 sold, database is locked
//! broken, no busy timeout: ~1 of 4 sold, database is locked
//! fixed, BEGIN IMMEDIATE: 4 of 4 sold
//! broken, default mode: a write during a read: database is locked
//! fixed, WAL mode: a write during a read: done
//! ```
//!
//! To try a refused transaction again, see `transaction_retry`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add anyhow tempfile
//! cargo add sqlx --no-default-features -F runtime-tokio,sqlite-bundled
//! cargo add tokio -F macros,rt-multi-thread,time
//! ```

use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use tokio::task::JoinSet;
use tokio::time::sleep;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let wal = SqliteConnectOptions::new()
        .filename(folder.path().join("shop.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .busy_timeout(Duration::from_secs(5));
    let no_timeout = wal.clone().busy_timeout(Duration::ZERO);
    let default_mode = no_timeout.clone().journal_mode(SqliteJournalMode::Delete);

    println!("broken, BEGIN: {}", tills("BEGIN", &wal).await?);
    let result = tills("BEGIN IMMEDIATE", &no_timeout).await?;
    println!("broken, no busy timeout: {result}");
    let result = tills("BEGIN IMMEDIATE", &wal).await?;
    println!("fixed, BEGIN IMMEDIATE: {result}");
    let result = write_during_read(&default_mode).await?;
    println!("broken, default mode: a write during a read: {result}");
    let result = write_during_read(&no_timeout).await?;
    println!("fixed, WAL mode: a write during a read: {result}");
    Ok(())
}

async fn open(options: &SqliteConnectOptions) -> sqlx::Result<SqlitePool> {
    // All connections are open from the start, so the tills begin together.
    let pool = SqlitePoolOptions::new()
        .min_connections(4)
        .connect_with(options.clone())
        .await?;
    sqlx::query("CREATE TABLE IF NOT EXISTS counter AS SELECT 0 AS sold")
        .execute(&pool)
        .await?;
    Ok(pool)
}

/// Sells once at each of four tills; returns how many sales succeeded.
async fn tills(begin: &'static str, options: &SqliteConnectOptions) -> anyhow::Result<String> {
    let pool = open(options).await?;
    let mut tills = JoinSet::new();
    for _ in 0..4 {
        tills.spawn(sell(pool.clone(), begin));
    }
    let mut sold = 0;
    let mut refused = String::new();
    while let Some(result) = tills.join_next().await {
        match result? {
            Ok(()) => sold += 1,
            Err(error) => refused = format!(", {}", message(&error)),
        }
    }
    pool.close().await;
    Ok(format!("{sold} of 4 sold{refused}"))
}

async fn sell(pool: SqlitePool, begin: &'static str) -> sqlx::Result<()> {
    let mut transaction = pool.begin_with(begin).await?;
    let sold: i64 = sqlx::query_scalar("SELECT sold FROM counter")
        .fetch_one(&mut *transaction)
        .await?;
    // Stands for other work before the write, such as more queries.
    sleep(Duration::from_millis(100)).await;
    sqlx::query("UPDATE counter SET sold = $1")
        .bind(sold + 1)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await
}

/// Writes while a transaction on another connection is still reading.
async fn write_during_read(options: &SqliteConnectOptions) -> anyhow::Result<String> {
    let pool = open(options).await?;
    let mut reader = pool.begin().await?;
    sqlx::query("SELECT sold FROM counter")
        .fetch_one(&mut *reader)
        .await?;
    let written = sqlx::query("UPDATE counter SET sold = 0")
        .execute(&pool)
        .await;
    reader.rollback().await?;
    pool.close().await;
    Ok(written.map_or_else(|error| message(&error), |_| "done".to_string()))
}

fn message(error: &sqlx::Error) -> String {
    error
        .as_database_error()
        .map_or_else(|| error.to_string(), |error| error.message().to_string())
}
