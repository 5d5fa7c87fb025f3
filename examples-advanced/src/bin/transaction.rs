//! Keep a bank's sum right under concurrent transfers with `begin_with`.
//!
//! A transfer reads two balances and writes them back. At its default level
//! PostgreSQL lets two transfers read the same balance, and the second write
//! undoes the first: money is made or lost. SQLite refuses one of the two. At a
//! serializable level no money is lost on either, but one of two that conflict
//! must start over, its reads included. A transaction that is dropped, as an
//! early `?` does, is rolled back, and a savepoint rolls back to where it
//! began.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin transaction
//! early return: no rows returned by a query [..]; 400 in all
//! savepoint: 2 of 3 bills paid; 400 in all
//! broken: [..] of 80 transfers made; [..] in all
//! fixed: 80 of 80 transfers made; 400 in all
//! ```
//!
//! It runs on SQLite, or on the PostgreSQL that `DATABASE_URL` names.
//!
//! Copy it with `cargo add sqlx --no-default-features -F
//! any,postgres,runtime-tokio,sqlite-bundled`, `cargo add anyhow` and
//! `cargo add tokio -F macros,rt-multi-thread,time`.

use std::time::Duration;
use std::{env, fs, process};

use sqlx::any::{AnyConnectOptions, install_default_drivers};
use sqlx::{Acquire, AnyConnection, AnyPool, AssertSqlSafe};
use tokio::task::JoinSet;
use tokio::time::sleep;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    install_default_drivers();
    let bank = format!("bank_{}", process::id());
    if let Ok(url) = env::var("DATABASE_URL") {
        let mut options: AnyConnectOptions = url.parse()?;
        let url = &mut options.database_url;
        url.query_pairs_mut()
            .append_pair("options[search_path]", &bank);
        let pool = AnyPool::connect_with(options).await?;
        let create = AssertSqlSafe(format!("CREATE SCHEMA {bank}"));
        sqlx::query(create).execute(&pool).await?;
        let done = run(&pool, "BEGIN ISOLATION LEVEL SERIALIZABLE").await;
        let drop = AssertSqlSafe(format!("DROP SCHEMA {bank} CASCADE"));
        sqlx::query(drop).execute(&pool).await?;
        return done;
    }
    let folder = env::temp_dir().join(bank);
    fs::create_dir(&folder)?;
    let url = format!("sqlite:{}?mode=rwc", folder.join("bank.db").display());
    let pool = AnyPool::connect(&url).await?;
    // The write lock from the start on: there is one writer at a time.
    let done = run(&pool, "BEGIN IMMEDIATE").await;
    pool.close().await;
    fs::remove_dir_all(folder)?;
    done
}

async fn run(pool: &AnyPool, serializable: &'static str) -> anyhow::Result<()> {
    let create = "CREATE TABLE accounts (id BIGINT PRIMARY KEY, balance BIGINT)";
    sqlx::query(create).execute(pool).await?;
    let open = "INSERT INTO accounts VALUES (1,100), (2,100), (3,100), (4,100)";
    sqlx::query(open).execute(pool).await?;

    if let Err(error) = transfer(pool, "BEGIN", 1, 9).await {
        println!("early return: {error}; {} in all", sum(pool).await?);
    }
    let paid = pay_bills(pool, serializable).await?;
    println!(
        "savepoint: {paid} of 3 bills paid; {} in all",
        sum(pool).await?
    );

    let made = transfers(pool, "BEGIN", 1).await?;
    println!(
        "broken: {made} of 80 transfers made; {} in all",
        sum(pool).await?
    );
    let reset = "UPDATE accounts SET balance = 100";
    sqlx::query(reset).execute(pool).await?;
    let made = transfers(pool, serializable, 30).await?;
    println!(
        "fixed: {made} of 80 transfers made; {} in all",
        sum(pool).await?
    );
    Ok(())
}

async fn sum(pool: &AnyPool) -> sqlx::Result<i64> {
    let sum = "SELECT CAST(SUM(balance) AS BIGINT) FROM accounts";
    sqlx::query_scalar(sum).fetch_one(pool).await
}

async fn transfer(pool: &AnyPool, begin: &'static str, from: i64, to: i64) -> sqlx::Result<()> {
    let mut transaction = pool.begin_with(begin).await?;
    move_one(&mut transaction, from, to).await?;
    transaction.commit().await
}

async fn move_one(bank: &mut AnyConnection, from: i64, to: i64) -> sqlx::Result<()> {
    let mut entries = [(from, -1), (to, 1)];
    // Two that lock the same rows in opposite orders would block each other.
    entries.sort_unstable();
    for (id, change) in entries {
        let read = "SELECT balance FROM accounts WHERE id = $1";
        let read = sqlx::query_scalar::<_, i64>(read).bind(id);
        let balance = read.fetch_one(&mut *bank).await? + change;
        let write = "UPDATE accounts SET balance = $1 WHERE id = $2";
        let write = sqlx::query(write).bind(balance).bind(id);
        write.execute(&mut *bank).await?;
    }
    Ok(())
}

/// Three bills in one transaction; the second one's account does not exist.
async fn pay_bills(pool: &AnyPool, begin: &'static str) -> sqlx::Result<usize> {
    let mut paid = 0;
    let mut transaction = pool.begin_with(begin).await?;
    for payee in [2, 9, 3] {
        let mut savepoint = transaction.begin().await?;
        if move_one(&mut savepoint, 1, payee).await.is_ok() {
            savepoint.commit().await?;
            paid += 1;
        }
    }
    transaction.commit().await?;
    Ok(paid)
}

/// Makes 80 transfers at once, as far as there are connections.
async fn transfers(pool: &AnyPool, begin: &'static str, tries: u32) -> anyhow::Result<usize> {
    let mut all = JoinSet::new();
    for number in 0..80 {
        let pool = pool.clone();
        all.spawn(async move {
            let (from, to) = (number % 4 + 1, (number + 1) % 4 + 1);
            let mut done = transfer(&pool, begin, from, to).await;
            for again in 1..tries {
                if !done.as_ref().is_err_and(must_start_over) {
                    break;
                }
                // Apart from the others, and longer each time.
                let pause = u64::from(again) * number.unsigned_abs();
                sleep(Duration::from_millis(pause)).await;
                done = transfer(&pool, begin, from, to).await;
            }
            done
        });
    }
    let mut made = 0;
    while let Some(done) = all.join_next().await {
        match done? {
            Ok(()) => made += 1,
            Err(error) if must_start_over(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(made)
}

/// Whether another transaction was in the way, which is nobody's fault.
fn must_start_over(error: &sqlx::Error) -> bool {
    let Some(error) = error.as_database_error() else {
        return false;
    };
    // PostgreSQL: serialization failure, deadlock. SQLite: busy, stale
    // snapshot.
    matches!(
        error.code().as_deref(),
        Some("40001" | "40P01" | "5" | "517")
    )
}
