//! The database: SQLite or PostgreSQL, with the same statements for both.
//!
//! It knows no table: the modules bring their own schemas.

mod connect;
mod kind;
mod timestamp;

use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use sqlx::any::install_default_drivers;
use sqlx::pool::PoolConnection;
use sqlx::{Pool, Transaction};
use tempfile::TempDir;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use connect::{describe, is_usable, pool, prepare};

pub use kind::Kind;
pub use timestamp::Timestamp;

/// `Any` serves both, and every statement stands once. It costs the column
/// types that the two do not share: an enum is a text with a `CHECK`, and a
/// time is a number of seconds. A service with one database names it here, as
/// `sqlx::Postgres` or `sqlx::Sqlite`, and may then use all of its types.
pub type Db = sqlx::Any;
pub type Connection = <Db as sqlx::Database>::Connection;
pub type Work = Transaction<'static, Db>;

const CONNECTIONS: u32 = 8;
const START_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a request waits for a connection. While the database is away, each
/// request takes this long to fail.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(1);
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
/// `/ready` asks the database at most this often.
const READY_INTERVAL: Duration = Duration::from_millis(500);

/// The tables of a module.
#[derive(Clone, Copy)]
pub struct Schema {
    pub migrations: &'static [Migration],
    /// They are prepared at the start: one that does not fit the tables stops
    /// the start instead of failing requests.
    pub statements: &'static [&'static str],
}

/// A change of the schema. Never edit one that has been released; add another.
pub struct Migration {
    /// The order among those of all modules.
    pub version: i64,
    pub sqlite: &'static str,
    pub postgres: &'static str,
}

#[derive(Clone)]
pub struct Database {
    is_sqlite: bool,
    name: String,
    readers: Pool<Db>,
    /// SQLite lets one connection write at a time. Writers queue for it here,
    /// where they cannot take all connections away from the readers.
    writers: Pool<Db>,
    probe: Arc<Mutex<Probe>>,
    /// Removed with the last clone.
    _folder: Option<Arc<TempDir>>,
}

/// The answer of `/ready`, from a connection of its own: a full pool is busy,
/// and not away.
struct Probe {
    pool: Pool<Db>,
    last: Option<(Instant, bool)>,
}

impl Database {
    /// Opens the database at `url`, or a new one in a temporary directory.
    pub async fn open(url: Option<&str>, schemas: &[Schema]) -> anyhow::Result<Self> {
        install_default_drivers();
        let (url, name, folder) = if let Some(url) = url {
            (url.to_string(), describe(url)?, None)
        } else {
            let folder = TempDir::with_prefix("web_api-")?;
            let file = folder.path().join("web_api.sqlite");
            let url = format!("sqlite://{}?mode=rwc", file.display());
            let name = "SQLite in a temporary file".to_string();
            (url, name, Some(Arc::new(folder)))
        };
        let is_sqlite = url.starts_with("sqlite");
        // A pool would try again until its timeout, and then not say why.
        timeout(START_TIMEOUT, prepare(&url, is_sqlite, schemas))
            .await
            .map_err(|_| anyhow!("no answer within {START_TIMEOUT:?}"))
            .flatten()
            .map_err(|error| anyhow!("DATABASE_URL: cannot use {name}: {error:#}"))?;

        let readers = pool(&url, is_sqlite, CONNECTIONS)?;
        let writers = if is_sqlite {
            pool(&url, is_sqlite, 1)?
        } else {
            readers.clone()
        };
        let probe = Probe {
            pool: pool(&url, is_sqlite, 1)?,
            last: None,
        };
        Ok(Self {
            is_sqlite,
            name,
            readers,
            writers,
            probe: Arc::new(Mutex::new(probe)),
            _folder: folder,
        })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// A connection to read with.
    pub async fn acquire(&self) -> sqlx::Result<PoolConnection<Db>> {
        self.readers.acquire().await
    }

    /// Begins a transaction that will write. All writes are in one: SQLite
    /// commits a single `UPDATE … RETURNING` only after its row has been read,
    /// and sqlx would not report that this has failed.
    pub async fn begin(&self) -> sqlx::Result<Work> {
        // SQLite does not let a transaction that has read begin to write once
        // another one has written: it must take the lock first.
        let begin = if self.is_sqlite {
            "BEGIN IMMEDIATE"
        } else {
            "BEGIN"
        };
        self.writers.begin_with(begin).await
    }

    /// Takes a lock until the transaction ends. Returns false immediately if
    /// another transaction has it.
    pub async fn try_lock(&self, work: &mut Connection, name: &str) -> sqlx::Result<bool> {
        if self.is_sqlite {
            // No other transaction writes.
            return Ok(true);
        }
        sqlx::query_scalar("SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))")
            .bind(name)
            .fetch_one(work)
            .await
    }

    /// Whether the database answers and takes writes. Asking often costs
    /// nothing: the answer is kept for a moment.
    pub async fn is_ready(&self) -> bool {
        let mut probe = self.probe.lock().await;
        match probe.last {
            Some((at, ready)) if at.elapsed() < READY_INTERVAL => ready,
            _ => {
                let ready = match probe.pool.acquire().await {
                    Ok(mut connection) => is_usable(&mut connection, self.is_sqlite).await,
                    Err(error) => Err(error),
                }
                .unwrap_or(false);
                probe.last = Some((Instant::now(), ready));
                ready
            }
        }
    }

    /// How many connections are idle, and how many are in use.
    pub fn connections(&self) -> [(&'static str, u32); 2] {
        let idle = u32::try_from(self.readers.num_idle()).unwrap_or(u32::MAX);
        let used = self.readers.size().saturating_sub(idle);
        [("idle", idle), ("used", used)]
    }

    /// Closing waits for statements, and the database may not answer.
    pub async fn close(&self) {
        let closed = async { tokio::join!(self.writers.close(), self.readers.close()) };
        let _ = timeout(CLOSE_TIMEOUT, closed).await;
    }
}
