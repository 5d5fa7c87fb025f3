//! Let one process of many lead, with PostgreSQL's `pg_try_advisory_lock`.
//!
//! The process that gets this lock, which is on a number, leads. If its
//! connection is lost, or silent for 10 s, another process leads. The old
//! leader may not know, and still work. So each has a term, larger than the
//! last one. Writes with an old term are refused: this is *fencing*.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin leader
//! Error: this needs PostgreSQL: DATABASE_URL=postgres://user:password@host/database
//! # exit 1
//! ```
//!
//! With PostgreSQL 14 or later, in a schema of its own:
//!
//! ```text
//! $ cargo run -p examples-advanced --bin leader
//! database: [..]
//! term 1 leads
//! another process leads: false
//! the connection is cut: term 2 leads
//! term 1: still leads: false, may write: false
//! term 2: still leads: true, may write: true
//! ```
//!
//! To share work, see `job_queue`. The part to reuse starts at `TABLES`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add anyhow
//! cargo add sqlx --no-default-features -F postgres,runtime-tokio
//! cargo add tokio -F macros,rt-multi-thread,time
//! ```

use std::env;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tokio::time::timeout;

/// Closes the leader's connection, and waits up to 5000 ms for it.
pub const CUT: &str = "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks
     WHERE locktype = 'advisory' AND objid = 'leader'::regclass";

#[tokio::main]
async fn main() -> Result<()> {
    let Ok(url) = env::var("DATABASE_URL") else {
        bail!("this needs PostgreSQL: DATABASE_URL=postgres://user:password@host/database");
    };
    let options = postgres_options(&url)?;
    let mut database = timeout(TIMEOUT, PgConnection::connect_with(&options))
        .await
        .map_err(|_| anyhow!("DATABASE_URL: no answer within {TIMEOUT:?}"))?
        .map_err(|error| anyhow!("DATABASE_URL: {error}"))?;
    let schema: String = sqlx::query_scalar("SELECT 'leader_' || md5(random()::text)")
        .fetch_one(&mut database)
        .await?;
    let create = format!("CREATE SCHEMA {schema}; SET search_path = {schema}; {TABLES}");
    database.execute(AssertSqlSafe(create)).await?;
    let done = demonstrate(&mut database, &options.options([("search_path", &schema)])).await;
    let remove = AssertSqlSafe(format!("DROP SCHEMA {schema} CASCADE"));
    database.execute(remove).await?;
    done
}

async fn demonstrate(database: &mut PgConnection, options: &PgConnectOptions) -> Result<()> {
    let mut old = Leader::new(options).await?.context("the lock is taken")?;
    println!("term {} leads", old.term);
    let other = Leader::new(options).await?;
    println!("another process leads: {}", other.is_some());
    database.execute(CUT).await?;
    let mut new = Leader::new(options).await?.context("the lock is taken")?;
    println!("the connection is cut: term {} leads", new.term);
    for leader in [&mut old, &mut new] {
        let (term, leads) = (leader.term, leader.still_leads().await);
        let writes = write(database, term, "all is well").await?;
        println!("term {term}: still leads: {leads}, may write: {writes}");
    }
    Ok(())
}

fn postgres_options(url: &str) -> Result<PgConnectOptions> {
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

pub const TABLES: &str = "CREATE TABLE leader AS SELECT 0::bigint AS term;
     CREATE TABLE reports (term BIGINT, body TEXT)";
const TIMEOUT: Duration = Duration::from_secs(3);

pub struct Leader {
    connection: PgConnection,
    /// Larger than that of each leader before.
    pub term: i64,
}

impl Leader {
    /// Returns `None` while another process leads. Try again every few seconds.
    pub async fn new(options: &PgConnectOptions) -> Result<Option<Self>> {
        const LOCK: &str = "SELECT pg_try_advisory_lock('leader'::regclass::oid::bigint)";
        const TERM: &str = "UPDATE leader SET term = term + 1 RETURNING term";
        let election = async {
            let mut connection = PgConnection::connect_with(options).await?;
            // This frees the lock of a machine that has lost its power.
            connection.execute("SET idle_session_timeout='10s'").await?;
            if !sqlx::query_scalar(LOCK).fetch_one(&mut connection).await? {
                return Ok(None);
            }
            let term = sqlx::query_scalar(TERM).fetch_one(&mut connection).await?;
            Ok(Some(Self { connection, term }))
        };
        timeout(TIMEOUT, election).await?
    }

    /// A leader asks this every 3 s, and stops its work if it is false.
    pub async fn still_leads(&mut self) -> bool {
        matches!(timeout(TIMEOUT, self.connection.ping()).await, Ok(Ok(())))
    }
}

/// Writes a report; a leader with an old term may not.
pub async fn write(database: &mut PgConnection, term: i64, body: &str) -> Result<bool> {
    // `FOR SHARE`: a new leader waits until this is committed.
    const INSERT: &str = "INSERT INTO reports
                          SELECT term, $2 FROM leader WHERE term = $1 FOR SHARE";
    let insert = sqlx::query(INSERT).bind(term).bind(body).execute(database);
    Ok(timeout(TIMEOUT, insert).await??.rows_affected() == 1)
}
