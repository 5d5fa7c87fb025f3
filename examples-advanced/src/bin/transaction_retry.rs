//! Retry a transaction that conflicts with another one, and lose no update.
//!
//! Two cashiers each add 10 to a balance of 100. Both read it before either
//! writes. Without a transaction both write 110, and one deposit is lost. In a
//! transaction SQLite refuses the second write, because the other cashier is
//! already writing. `deposit` then starts again from the read. PostgreSQL
//! loses the deposit after a plain `BEGIN`, without an error. After `BEGIN
//! ISOLATION LEVEL SERIALIZABLE`, it refuses a write that is based on outdated
//! data.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin transaction_retry
//! no transaction: 2 made, balance 110
//! without a retry: 1 made, balance 110
//!   refused, try again
//! with retries: 2 made, balance 120
//! ```
//!
//! To avoid the conflict on SQLite, see `sqlite_write_lock`. If one statement
//! can do it (`SET balance = balance + 10`), no retry is needed.
//!
//! The part to reuse starts at `deposit`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add anyhow
//! cargo add sqlx --no-default-features -F any,runtime-tokio,sqlite-bundled
//! cargo add tempfile
//! cargo add tokio -F macros,rt-multi-thread,time
//! ```

use std::time::Duration;

use sqlx::any::{AnyPoolOptions, install_default_drivers};
use sqlx::error::DatabaseError;
use sqlx::{AnyConnection, AnyPool, Executor};
use tokio::time::{sleep, timeout};

// For PostgreSQL: `BEGIN ISOLATION LEVEL SERIALIZABLE`.
const BEGIN: &str = "BEGIN";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    install_default_drivers();
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("bank.db");
    // With both connections open from the start, both cashiers read together.
    let pool = AnyPoolOptions::new()
        .min_connections(2)
        .connect(&format!("sqlite:{}?mode=rwc", file.display()))
        .await?;
    pool.execute("CREATE TABLE account AS SELECT 100 AS balance")
        .await?;

    let made = tokio::join!(no_transaction(&pool), no_transaction(&pool));
    report("no transaction", &pool, made).await?;
    let made = tokio::join!(try_deposit(&pool, BEGIN), try_deposit(&pool, BEGIN));
    report("without a retry", &pool, made).await?;
    let made = tokio::join!(deposit(&pool, BEGIN), deposit(&pool, BEGIN));
    report("with retries", &pool, made).await?;

    pool.close().await;
    Ok(())
}

async fn no_transaction(pool: &AnyPool) -> sqlx::Result<()> {
    add_10(&mut *pool.acquire().await?).await
}

/// Prints how many deposits were made, and sets the balance back to 100.
async fn report<E>(
    name: &str,
    pool: &AnyPool,
    (one, other): (Result<(), E>, Result<(), E>),
) -> sqlx::Result<()> {
    let made = u32::from(one.is_ok()) + u32::from(other.is_ok());
    let balance: i64 = sqlx::query_scalar("SELECT balance FROM account")
        .fetch_one(pool)
        .await?;
    println!("{name}: {made} made, balance {balance}");
    pool.execute("UPDATE account SET balance = 100").await?;
    Ok(())
}

/// Deposits 10, and tries again when another transaction is in the way.
pub async fn deposit(pool: &AnyPool, begin: &'static str) -> anyhow::Result<()> {
    let deposit = async {
        loop {
            match try_deposit(pool, begin).await {
                Err(error) if is_conflict(&error) => println!("  refused, try again"),
                done => return done,
            }
            sleep(BACKOFF).await;
        }
    };
    Ok(timeout(DEPOSIT_TIMEOUT, deposit).await??)
}

const BACKOFF: Duration = Duration::from_millis(10);
/// For all tries. If it ends a `commit`, the deposit may have been made.
const DEPOSIT_TIMEOUT: Duration = Duration::from_secs(10);

/// An error, as from `?`, drops the transaction and so rolls it back.
pub async fn try_deposit(pool: &AnyPool, begin: &'static str) -> sqlx::Result<()> {
    let mut transaction = pool.begin_with(begin).await?;
    add_10(&mut transaction).await?;
    transaction.commit().await
}

async fn add_10(bank: &mut AnyConnection) -> sqlx::Result<()> {
    let balance: i64 = sqlx::query_scalar("SELECT balance FROM account")
        .fetch_one(&mut *bank)
        .await?;
    // Stands for whatever is computed or asked for in between.
    sleep(Duration::from_millis(200)).await;
    sqlx::query("UPDATE account SET balance = $1")
        .bind(balance + 10)
        .execute(&mut *bank)
        .await?;
    Ok(())
}

/// Whether another transaction was in the way, and a retry may succeed.
fn is_conflict(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(DatabaseError::code);
    // PostgreSQL: serialization failure, deadlock. SQLite: busy, stale read.
    matches!(code.as_deref(), Some("40001" | "40P01" | "5" | "517"))
}
