//! `transaction_retry` with deposits at the same moment, on both databases, and
//! beside a reader.

use std::time::Duration;

use anyhow::{Result, ensure};
use sqlx::any::AnyPoolOptions;
use sqlx::{AnyPool, AssertSqlSafe, Connection, Executor};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::postgres::{Schema, connect, sqlite};
use crate::scenarios::support::runner::{Scenario, on_postgresql, scenario};
use example::{deposit, try_deposit};

/// The example's messages are not the test's.
macro_rules! println {
    ($($message:tt)*) => {{
        let _ = format_args!($($message)*);
    }};
}

#[path = "../../../examples-advanced/src/bin/transaction_retry.rs"]
#[expect(dead_code, reason = "its scene is not part of the scenario")]
mod example;

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("sqlite", || async {
            let folder = tempfile::tempdir()?;
            deposit_together(&sqlite(&folder), "BEGIN").await
        }),
        scenario("sqlite_wal", || async {
            let folder = tempfile::tempdir()?;
            let url = sqlite(&folder);
            let mut database = connect(&url).await?;
            // A setting of the file.
            database.execute("PRAGMA journal_mode = WAL").await?;
            database.close().await?;
            write_between(&url).await?;
            deposit_together(&url, "BEGIN").await
        }),
        scenario("refused_commit", refused_commit),
        on_postgresql("postgresql", |url| async move {
            let schema = Schema::create(&url).await?;
            schema.remove_after(lose_and_retry(&schema.url).await).await
        }),
        on_postgresql("codes", |url| async move {
            let schema = Schema::create(&url).await?;
            schema.remove_after(codes(&schema.url).await).await
        }),
        scenario("pause", pause).slow(),
        scenario("gives_up", gives_up).slow(),
    ]
}

/// There is a pause before a retry: one of 1 s delays the deposits by 1 s.
async fn pause() -> Result<()> {
    let both = "let made = tokio::join!(deposit(&pool, BEGIN), deposit(&pool, BEGIN));";
    let changes = [
        ("Duration::from_millis(10)", "Duration::from_secs(1)"),
        (
            both,
            &*format!(
                "let start = std::time::Instant::now();
    {both}
    println!(\"1 s or more: {{}}\", start.elapsed() >= Duration::from_secs(1));"
            ),
        ),
    ];
    let refused = String::from("  refused, try again");
    let mut tries = 0;
    // On a busy machine the two may miss each other.
    let (status, lines) = loop {
        tries += 1;
        let ran = run_changed("examples-advanced", "transaction_retry", &changes, "").await?;
        if ran.1.contains(&refused) || tries == 5 {
            break ran;
        }
    };
    ensure!(
        status == 0 && lines.contains(&refused) && lines.contains(&"1 s or more: true".into()),
        "a refusal and 1 s or more are expected, not {status}: {lines:?}"
    );
    Ok(())
}

/// While another transaction writes, each try is refused; all tries together end
/// at the timeout.
async fn gives_up() -> Result<()> {
    let both = "let made = tokio::join!(deposit(&pool, BEGIN), deposit(&pool, BEGIN));";
    let changes = [
        ("Duration::from_secs(10)", "Duration::from_secs(2)"),
        (
            both,
            "let other = pool.begin_with(\"BEGIN IMMEDIATE\").await?;
    let begin = \"PRAGMA busy_timeout = 0; BEGIN IMMEDIATE\";
    let alone = timeout(Duration::from_secs(6), deposit(&pool, begin)).await;
    println!(\"{alone:?}\");
    other.rollback().await?;
    let made = (Ok(()), alone?);",
        ),
    ];
    let (_, mut lines) =
        run_changed("examples-advanced", "transaction_retry", &changes, "").await?;
    lines.dedup();
    let expected = ["  refused, try again", "Ok(Err(deadline has elapsed))"];
    ensure!(
        lines.windows(2).any(|lines| lines == expected),
        "refusals and {expected:?} are expected: {lines:?}"
    );
    Ok(())
}

/// On PostgreSQL a write is refused once, by a trigger. A deposit is tried again after
/// a serialization failure and after a deadlock, and after no other error.
async fn codes(url: &str) -> Result<()> {
    for (code, is_retried) in [
        ("40001", true),
        ("40P01", true),
        ("23514", false), // a broken rule
        ("57014", false), // a statement that was canceled
    ] {
        let pool = account(url).await?;
        let refuse = format!(
            "DROP SEQUENCE IF EXISTS tries;
             CREATE SEQUENCE tries;
             CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
                 'BEGIN
                      IF nextval(''tries'') = 1 THEN
                          RAISE EXCEPTION ''refused'' USING ERRCODE = ''{code}'';
                      END IF;
                      RETURN NEW;
                  END';
             CREATE TRIGGER refuse BEFORE UPDATE ON account
                 FOR EACH ROW EXECUTE FUNCTION refuse()"
        );
        pool.execute(AssertSqlSafe(refuse)).await?;
        let done = deposit(&pool, "BEGIN").await;
        let balance = balance(&pool).await?;
        let right = if is_retried { 110 } else { 100 };
        ensure!(
            done.is_ok() == is_retried && balance == right,
            "{code}: a balance of {right} is expected, not {balance} after {done:?}"
        );
        pool.close().await;
    }
    Ok(())
}

/// SQLite refuses a commit while another transaction reads: the deposit is an
/// error, since it has not been made.
async fn refused_commit() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let pool = account(&sqlite(&folder)).await?;
    let mut reader = pool.begin().await?;
    reader.fetch_one("SELECT balance FROM account").await?;
    let done = try_deposit(&pool, "PRAGMA busy_timeout = 0; BEGIN").await;
    reader.rollback().await?;
    let balance = balance(&pool).await?;
    ensure!(
        done.is_err() && balance == 100,
        "the balance is {balance} after {done:?}"
    );
    Ok(())
}

/// On PostgreSQL a plain `BEGIN` loses one of two deposits without an error, and
/// a serializable transaction refuses one. On a busy machine the two may miss
/// each other, so there are several tries.
async fn lose_and_retry(url: &str) -> Result<()> {
    const SERIALIZABLE: &str = "BEGIN ISOLATION LEVEL SERIALIZABLE";
    const TRIES: usize = 10;
    let mut lost = false;
    for _ in 0..TRIES {
        let pool = account(url).await?;
        let both = tokio::join!(try_deposit(&pool, "BEGIN"), try_deposit(&pool, "BEGIN"));
        ensure!(both.0.is_ok() && both.1.is_ok(), "refused: {both:?}");
        lost |= balance(&pool).await? == 110;
        pool.close().await;
        if lost {
            break;
        }
    }
    ensure!(lost, "a plain BEGIN loses no deposit");

    let mut refused = false;
    for _ in 0..TRIES {
        let pool = account(url).await?;
        let (one, other) = tokio::join!(
            try_deposit(&pool, SERIALIZABLE),
            try_deposit(&pool, SERIALIZABLE)
        );
        ensure!(one.is_ok() || other.is_ok(), "{one:?}, {other:?}");
        let made = i64::from(one.is_ok()) + i64::from(other.is_ok());
        let balance = balance(&pool).await?;
        ensure!(balance == 100 + 10 * made, "made {made}: {balance}");
        refused |= made == 1;
        pool.close().await;
        if refused {
            break;
        }
    }
    ensure!(refused, "a serializable transaction refuses no deposit");
    deposit_together(url, SERIALIZABLE).await
}

/// Six deposits at the same moment: each is made, and once. One without a table is
/// an error, which no retry can mend.
async fn deposit_together(url: &str, begin: &'static str) -> Result<()> {
    let pool = account(url).await?;
    let mut deposits = JoinSet::new();
    for _ in 0..6 {
        let pool = pool.clone();
        deposits.spawn(async move { deposit(&pool, begin).await });
    }
    while let Some(done) = deposits.join_next().await {
        done??;
    }
    let balance = balance(&pool).await?;
    ensure!(balance == 160, "the balance is {balance}");

    pool.execute("DROP TABLE account").await?;
    let done = timeout(Duration::from_secs(3), deposit(&pool, begin)).await;
    ensure!(matches!(done, Ok(Err(_))), "without a table: {done:?}");
    pool.close().await;
    Ok(())
}

/// Another transaction writes and commits between a deposit's read and its write. In
/// WAL mode, that write is then refused with a code of its own.
async fn write_between(url: &str) -> Result<()> {
    let pool = account(url).await?;
    // On a busy machine one of the writes may come too early or too late.
    for _ in 0..3 {
        let write = async {
            sleep(Duration::from_millis(100)).await;
            pool.execute("UPDATE account SET balance = balance + 1")
                .await
        };
        let (deposited, written) = tokio::join!(deposit(&pool, "BEGIN"), write);
        deposited?;
        written?;
    }
    let balance = balance(&pool).await?;
    ensure!(balance == 133, "the balance is {balance}");
    pool.close().await;
    Ok(())
}

async fn account(url: &str) -> Result<AnyPool> {
    connect(url).await?.close().await?;
    // Open from the start, so that two deposits read before either writes.
    let pool = AnyPoolOptions::new()
        .min_connections(2)
        .connect(url)
        .await?;
    pool.execute("DROP TABLE IF EXISTS account").await?;
    pool.execute("CREATE TABLE account AS SELECT CAST(100 AS BIGINT) AS balance")
        .await?;
    Ok(pool)
}

async fn balance(pool: &AnyPool) -> Result<i64> {
    let balance = sqlx::query_scalar("SELECT balance FROM account");
    Ok(balance.fetch_one(pool).await?)
}
