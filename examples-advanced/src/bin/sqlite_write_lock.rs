//! Avoid "database is locked" on SQLite, with `BEGIN IMMEDIATE` and WAL mode.
//!
//! Four tills read a counter and add 1, each in a transaction of 100 ms. A
//! plain `BEGIN` takes the write lock at the first write. By then another till
//! has written, so what was read is stale. SQLite refuses the write
//! immediately, whatever the busy timeout. `BEGIN IMMEDIATE` takes the lock
//! before it reads, and waits up to the busy timeout. In WAL mode (write-ahead
//! log) nobody waits for a reader. By default the writer must.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin sqlite_write_lock
//! broken, BEGIN: ~1 of 4 sold, database is locked
//! broken, no busy timeout: ~1 of 4 sold, database is locked
//! fixed, BEGIN IMMEDIATE: 4 of 4 sold
//! broken, default mode: a write beside a reader: database is locked
//! fixed, WAL mode: a write beside a reader: done
//! ```
//!
//! To repeat a refused transaction, see `transaction_retry`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add anyhow
//! cargo add sqlx --no-default-features -F runtime-tokio,sqlite-bundled
//! cargo add tempfile
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
    let impatient = wal.clone().busy_timeout(Duration::ZERO);
    let default = impatient.clone().journal_mode(SqliteJournalMode::Delete);

    let result = tills("BEGIN", &wal).await?;
    println!("broken, BEGIN: {result}");
    let result = tills("BEGIN IMMEDIATE", &impatient).await?;
    println!("broken, no busy timeout: {result}");
    let result = tills("BEGIN IMMEDIATE", &wal).await?;
    println!("fixed, BEGIN IMMEDIATE: {result}");

    let result = write_beside_reader(&default).await?;
    println!("broken, default mode: a write beside a reader: {result}");
    let result = write_beside_reader(&impatient).await?;
    println!("fixed, WAL mode: a write beside a reader: {result}");
    Ok(())
}

async fn open(options: &SqliteConnectOptions) -> sqlx::Result<SqlitePool> {
    // With all connections open from the start, the tills begin together.
    let pool = SqlitePoolOptions::new()
        .min_connections(4)
        .connect_with(options.clone())
        .await?;
    sqlx::query("CREATE TABLE IF NOT EXISTS counter AS SELECT 0 AS sold")
        .execute(&pool)
        .await?;
    Ok(pool)
}

/// Sells at four tills; says how often that was done.
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
    // Stands for what is asked of others before the write: a price, a card.
    sleep(Duration::from_millis(100)).await;
    sqlx::query("UPDATE counter SET sold = $1")
        .bind(sold + 1)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await
}

/// Writes while a transaction on another connection has read.
async fn write_beside_reader(options: &SqliteConnectOptions) -> anyhow::Result<String> {
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
