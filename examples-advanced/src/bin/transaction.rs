//! Change several rows together or not at all, with `begin` and `commit`.
//!
//! Ann and Ben have 100 each. Ann sends 30 to Ben, and then to Zoe, who has no
//! account. `fixed` moves the money in one transaction. An early return by `?`
//! drops the transaction, and that rolls it back. `broken` has no transaction,
//! so the 30 that were taken are lost. A `begin` inside a transaction makes a
//! savepoint, which can be rolled back alone: of three bills, only Zoe's is not
//! paid.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin transaction
//! database: [..]
//! before: Ann 100, Ben 100, 200 in all
//! fixed, sent to Ben: Ann 70, Ben 130, 200 in all
//! fixed, Zoe has no account: Ann 70, Ben 130, 200 in all
//! savepoints, 2 of 3 bills paid: Ann 50, Ben 150, 200 in all
//! broken, Zoe has no account: Ann 20, Ben 150, 170 in all
//! ```
//!
//! It runs on SQLite in memory, or on the PostgreSQL that `DATABASE_URL` names.
//! The table is a temporary one.
//!
//! To handle two transactions that conflict, see `transaction_retry`.
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

use anyhow::{anyhow, ensure};
use sqlx::any::{AnyConnectOptions, install_default_drivers};
use sqlx::{AnyConnection, Connection};
use tokio::time::timeout;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut bank = connect().await?;
    sqlx::query("CREATE TEMPORARY TABLE accounts (owner TEXT, balance BIGINT)")
        .execute(&mut bank)
        .await?;
    sqlx::query("INSERT INTO accounts VALUES ('Ann', 100), ('Ben', 100)")
        .execute(&mut bank)
        .await?;

    println!("before: {}", balances(&mut bank).await?);
    fixed(&mut bank, "Ann", "Ben", 30).await?;
    println!("fixed, sent to Ben: {}", balances(&mut bank).await?);
    if let Err(error) = fixed(&mut bank, "Ann", "Zoe", 30).await {
        println!("fixed, {error}: {}", balances(&mut bank).await?);
    }
    let paid = pay_bills(&mut bank, "Ann", &["Ben", "Zoe", "Ben"]).await?;
    let after = balances(&mut bank).await?;
    println!("savepoints, {paid} of 3 bills paid: {after}");
    if let Err(error) = broken(&mut bank, "Ann", "Zoe", 30).await {
        println!("broken, {error}: {}", balances(&mut bank).await?);
    }
    Ok(())
}

async fn broken(bank: &mut AnyConnection, from: &str, to: &str, amount: i64) -> anyhow::Result<()> {
    add(bank, from, -amount).await?;
    add(bank, to, amount).await
}

async fn fixed(bank: &mut AnyConnection, from: &str, to: &str, amount: i64) -> anyhow::Result<()> {
    let mut transaction = bank.begin().await?;
    add(&mut transaction, from, -amount).await?;
    // An error returns from here; the transaction is dropped and rolled back.
    add(&mut transaction, to, amount).await?;
    transaction.commit().await?;
    Ok(())
}

/// Pays bills of 10 each, and skips those that cannot be paid.
async fn pay_bills(bank: &mut AnyConnection, from: &str, payees: &[&str]) -> anyhow::Result<usize> {
    let mut paid = 0;
    let mut transaction = bank.begin().await?;
    for payee in payees {
        // `fixed` begins a transaction inside this one: a savepoint.
        if fixed(&mut transaction, from, payee, 10).await.is_ok() {
            paid += 1;
        }
    }
    transaction.commit().await?;
    Ok(paid)
}

async fn add(bank: &mut AnyConnection, owner: &str, amount: i64) -> anyhow::Result<()> {
    let updated = sqlx::query("UPDATE accounts SET balance = balance + $1 WHERE owner = $2")
        .bind(amount)
        .bind(owner)
        .execute(bank)
        .await?;
    ensure!(updated.rows_affected() == 1, "{owner} has no account");
    Ok(())
}

async fn balances(bank: &mut AnyConnection) -> sqlx::Result<String> {
    let accounts: Vec<(String, i64)> =
        sqlx::query_as("SELECT owner, balance FROM accounts ORDER BY owner")
            .fetch_all(bank)
            .await?;
    let sum: i64 = accounts.iter().map(|(_, balance)| balance).sum();
    let accounts: Vec<String> = accounts
        .iter()
        .map(|(owner, balance)| format!("{owner} {balance}"))
        .collect();
    Ok(format!("{}, {sum} in all", accounts.join(", ")))
}

/// Connects to the database that `DATABASE_URL` names, or to SQLite in memory,
/// and says which one it is.
async fn connect() -> anyhow::Result<AnyConnection> {
    install_default_drivers();
    let url = env::var("DATABASE_URL").unwrap_or("sqlite::memory:".into());
    let options: AnyConnectOptions = url
        .parse()
        .map_err(|error| anyhow!("DATABASE_URL: {error}"))?;
    let url = &options.database_url;
    let host = url.host_str().unwrap_or_default();
    println!("database: {} {host}{}", url.scheme(), url.path());
    timeout(CONNECT_TIMEOUT, AnyConnection::connect_with(&options))
        .await
        .map_err(|_| anyhow!("DATABASE_URL: no answer within {CONNECT_TIMEOUT:?}"))?
        .map_err(|error| anyhow!("DATABASE_URL: {error}"))
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
