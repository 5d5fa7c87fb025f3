//! Take SQLite's one write lock before reading, with `BEGIN IMMEDIATE`.
//!
//! Four tills read a counter and add 1, each in a transaction of 100 ms. A
//! plain `BEGIN` takes the lock at the first write: by then another may have
//! it, or have written, so that what was read is out of date. That is an error
//! at once ("database is locked"), which no busy timeout waits out. `BEGIN
//! IMMEDIATE` queues at the start, for the busy timeout at most. In WAL mode
//! readers go on beside the writer.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin sqlite_write_lock
//! broken: [..] of 4 sold in [..] ms; error[..] database is locked
//! impatient: [..] of 4 sold in [..] ms; error[..] database is locked
//! fixed: 4 of 4 sold in [..] ms
//! a reader beside a writer saw [..], and waited [..] ms
//! ```
//!
//! Copy it with `cargo add sqlx --no-default-features -F
//! runtime-tokio,sqlite-bundled`, `cargo add anyhow` and
//! `cargo add tokio -F macros,rt-multi-thread,time`.

use std::path::Path;
use std::time::{Duration, Instant};
use std::{env, fs, process};

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use tokio::task::JoinSet;
use tokio::time::sleep;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = env::temp_dir().join(format!("shop_{}", process::id()));
    fs::create_dir(&folder)?;
    let done = run(&folder.join("shop.db")).await;
    fs::remove_dir_all(folder)?;
    done
}

async fn run(file: &Path) -> anyhow::Result<()> {
    let patient = open(file, Duration::from_secs(5)).await?;
    let create = "CREATE TABLE counter AS SELECT 0 AS sold";
    sqlx::query(create).execute(&patient).await?;
    let impatient = open(file, Duration::ZERO).await?;

    println!("broken: {}", tills(&patient, "BEGIN").await?);
    println!("impatient: {}", tills(&impatient, "BEGIN IMMEDIATE").await?);
    println!("fixed: {}", tills(&patient, "BEGIN IMMEDIATE").await?);

    let writer = patient.begin_with("BEGIN IMMEDIATE").await?;
    let start = Instant::now();
    let read = "SELECT sold FROM counter";
    let sold: i64 = sqlx::query_scalar(read).fetch_one(&impatient).await?;
    let waited = start.elapsed().as_millis();
    println!("a reader beside a writer saw {sold}, and waited {waited} ms");
    writer.rollback().await?;

    patient.close().await;
    impatient.close().await;
    Ok(())
}

async fn open(file: &Path, busy_timeout: Duration) -> sqlx::Result<SqlitePool> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .busy_timeout(busy_timeout);
    SqlitePool::connect_with(options).await
}

async fn tills(pool: &SqlitePool, begin: &'static str) -> anyhow::Result<String> {
    let start = Instant::now();
    let mut tills = JoinSet::new();
    for _ in 0..4 {
        tills.spawn(sell(pool.clone(), begin));
    }
    let (mut sold, mut refusal) = (0, String::new());
    while let Some(done) = tills.join_next().await {
        match done? {
            Ok(()) => sold += 1,
            Err(error) => refusal = format!("; {error}"),
        }
    }
    let took = start.elapsed().as_millis();
    Ok(format!("{sold} of 4 sold in {took} ms{refusal}"))
}

async fn sell(pool: SqlitePool, begin: &'static str) -> sqlx::Result<()> {
    let mut transaction = pool.begin_with(begin).await?;
    let read = "SELECT sold FROM counter";
    let sold: i64 = sqlx::query_scalar(read)
        .fetch_one(&mut *transaction)
        .await?;
    // Stands for what is asked of others before writing: a price, a card.
    sleep(Duration::from_millis(100)).await;
    let write = sqlx::query("UPDATE counter SET sold = $1").bind(sold + 1);
    write.execute(&mut *transaction).await?;
    transaction.commit().await
}
