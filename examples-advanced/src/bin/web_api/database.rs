//! The database: SQLite or PostgreSQL, the same statements for both.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};
use std::{env, fs, io, process};

use anyhow::{Context, anyhow};
use sqlx::any::{AnyPoolOptions, install_default_drivers};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{
    Any, AnyConnection, AnyPool, AssertSqlSafe, Connection, Executor, SqlSafeStr, Transaction,
};
use tokio::time::timeout;

use crate::orders::{self, Order};
use crate::problem::Error;
use crate::users::{self, User};
use crate::{idempotency, lookup};

const CONNECTIONS: u32 = 8;
/// How long a request waits for a connection. While the database is away, each
/// request takes this long to fail.
const ACQUIRE_TIME: Duration = Duration::from_secs(1);
const PING_TIME: Duration = Duration::from_secs(1);

const SQLITE: [&str; 2] = [
    include_str!("migrations/sqlite/0001_users_and_orders.sql"),
    include_str!("migrations/sqlite/0002_idempotency_keys.sql"),
];
const POSTGRES: [&str; 2] = [
    include_str!("migrations/postgres/0001_users_and_orders.sql"),
    include_str!("migrations/postgres/0002_idempotency_keys.sql"),
];

pub struct Database {
    pub pool: AnyPool,
    pub is_sqlite: bool,
    /// Removed when the database is dropped.
    folder: Option<TemporaryFolder>,
}

impl Database {
    /// Opens the database at `url`, or a new one in the temporary directory.
    pub async fn open(url: Option<&str>) -> anyhow::Result<Self> {
        install_default_drivers();
        let (url, folder) = if let Some(url) = url {
            (url.to_string(), None)
        } else {
            let folder = TemporaryFolder::create()?;
            let file = folder.0.join("web_api.sqlite");
            let url = format!("sqlite://{}?mode=rwc", file.display());
            (url, Some(folder))
        };
        let is_sqlite = url.starts_with("sqlite:");

        // A pool would try for all of its timeout, and then not say why.
        let mut first = AnyConnection::connect(&url)
            .await
            .map_err(|error| anyhow!("DATABASE_URL: {error}"))?;
        if is_sqlite {
            // Readers and the writer do not wait for each other. It is kept in
            // the file, for all connections.
            first.execute("PRAGMA journal_mode = WAL").await?;
        }
        let migrator = migrator(if is_sqlite { &SQLITE } else { &POSTGRES });
        migrator.run(&mut first).await.context("migrations")?;
        for statement in statements(is_sqlite) {
            let safe = AssertSqlSafe(statement.clone()).into_sql_str();
            first.prepare(safe).await.context(statement)?;
        }
        first.close().await?;

        let pool = AnyPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIME)
            // A file does not go away; asking would double a query's cost.
            .test_before_acquire(!is_sqlite)
            // A start may take longer than a request may wait.
            .connect_lazy(&url)?;
        Ok(Self {
            pool,
            is_sqlite,
            folder,
        })
    }

    /// Begins a transaction that will write.
    pub async fn begin(&self) -> Result<Transaction<'static, Any>, Error> {
        // SQLite refuses to let a transaction that has read go over to writing
        // once another has written: it must take the lock at its beginning.
        let begin = if self.is_sqlite {
            "BEGIN IMMEDIATE"
        } else {
            "BEGIN"
        };
        Ok(self.pool.begin_with(begin).await?)
    }

    /// Whether it answers, and soon.
    pub async fn ping(&self) -> Result<(), Error> {
        let answer = sqlx::query("SELECT 1").execute(&self.pool);
        let answer = timeout(PING_TIME, answer).await;
        answer.unwrap_or(Err(sqlx::Error::PoolTimedOut))?;
        Ok(())
    }

    pub fn name(&self) -> &'static str {
        match (self.is_sqlite, &self.folder) {
            (true, Some(_)) => "SQLite in a temporary file",
            (true, None) => "SQLite",
            (false, _) => "PostgreSQL",
        }
    }
}

fn migrator(statements: &[&'static str]) -> Migrator {
    let migrations = (1..).zip(statements).map(|(version, sql)| {
        let name = "web_api".into();
        let kind = MigrationType::Simple;
        Migration::new(version, name, kind, sql.into_sql_str(), false)
    });
    Migrator::with_migrations(migrations.collect())
}

/// All statements of this program. They are prepared once at start, so that one
/// which does not fit the schema stops the start, and not a request at night.
fn statements(is_sqlite: bool) -> Vec<String> {
    let constant = [
        users::STATEMENTS,
        orders::STATEMENTS,
        idempotency::STATEMENTS,
    ];
    let constant = constant.as_flattened().iter().map(ToString::to_string);
    let mut statements: Vec<String> = constant.collect();
    statements.push(lookup::statement::<User>(is_sqlite));
    statements.push(lookup::statement::<Order>(is_sqlite));
    statements
}

/// Seconds since 1970.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs().cast_signed())
}

struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    fn create() -> io::Result<Self> {
        let path = env::temp_dir().join(format!("web_api-{}", process::id()));
        let mut folder = fs::DirBuilder::new();
        // It fails if there is one: what others left there is not trusted.
        folder.recursive(false);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
        folder.create(&path)?;
        Ok(Self(path))
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        // The program ends here; the system clears the rest some day.
        let _ = fs::remove_dir_all(&self.0);
    }
}
