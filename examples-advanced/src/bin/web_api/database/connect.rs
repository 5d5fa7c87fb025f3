//! Opens connections, gives them limits, and closes those that do not answer.

use std::time::Duration;

use anyhow::{Context, anyhow, bail, ensure};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::pool::PoolOptions;
use sqlx::{Connection as _, Executor, Pool, SqlSafeStr};
use tokio::time::timeout;

use super::{ACQUIRE_TIMEOUT, Connection, Db, Schema};

/// A connection that does not answer within this time is closed. It is shorter
/// than `ACQUIRE_TIMEOUT`, so a new connection can take its place.
const PING_TIMEOUT: Duration = Duration::from_millis(300);
/// PostgreSQL's limits for a statement, for a lock, and for a transaction that
/// does nothing; and the schema of this program's tables.
const SESSION: &str = "SET statement_timeout = '5s'; SET lock_timeout = '2s'; \
     SET idle_in_transaction_session_timeout = '10s'; SET search_path = web_api";

/// The database without its password, or what is wrong with the URL.
pub fn describe(url: &str) -> anyhow::Result<String> {
    let (scheme, rest) = url.split_once(':').unwrap_or((url, ""));
    let place = rest.trim_start_matches("//");
    match scheme {
        "sqlite" => {
            let (file, options) = place.split_once('?').unwrap_or((place, ""));
            let in_memory = file.contains(":memory:") || options.contains("mode=memory");
            ensure!(
                !in_memory && !file.is_empty(),
                "DATABASE_URL: SQLite without a file has a database for each connection; \
                 name a file, as in sqlite:shop.db?mode=rwc"
            );
            Ok(format!("SQLite in {place}"))
        }
        "postgres" | "postgresql" => {
            let (place, options) = place.split_once('?').unwrap_or((place, ""));
            // The place would be the beginning of the password.
            ensure!(
                !options.contains('@'),
                "DATABASE_URL: write ? as %3F and @ as %40, if they are in the password"
            );
            let (_password, host) = place.rsplit_once('@').unwrap_or(("", place));
            Ok(format!("PostgreSQL at {host}"))
        }
        _ => bail!("DATABASE_URL begins with {scheme:?}; it may be sqlite: or postgres:"),
    }
}

/// Creates or updates the tables, and checks all statements.
pub async fn prepare(url: &str, is_sqlite: bool, schemas: &[Schema]) -> anyhow::Result<()> {
    let mut connection = Connection::connect(url).await.map_err(|error| {
        let hint = if is_sqlite {
            "; ?mode=rwc at the end creates the file"
        } else {
            ""
        };
        anyhow!("{error}{hint}")
    })?;
    let migrations = schemas
        .iter()
        .flat_map(|schema| schema.migrations)
        .map(|it| {
            let sql = if is_sqlite { it.sqlite } else { it.postgres };
            let (name, kind) = ("web_api".into(), MigrationType::Simple);
            Migration::new(it.version, name, kind, sql.into_sql_str(), false)
        })
        .collect();
    // `sqlx::migrate!` would name this folder by its path in this crate.
    let migrator = Migrator::with_migrations(migrations);
    if is_sqlite {
        // Readers and the writer do not wait for each other. The file keeps it.
        connection.execute("PRAGMA journal_mode = WAL").await?;
        // A second instance waits here, as PostgreSQL's migrator does.
        let mut lock = connection.begin_with("BEGIN IMMEDIATE").await?;
        migrator.run(&mut *lock).await.context("migrations")?;
        lock.commit().await?;
    } else {
        // Two instances that create it at the same time would collide. The lock
        // is freed with the connection.
        let lock = "SELECT pg_advisory_lock(hashtext('web_api'))";
        connection.execute(lock).await?;
        let schema = "CREATE SCHEMA IF NOT EXISTS web_api";
        connection.execute(schema).await?;
        connection.execute(SESSION).await?;
        migrator.run(&mut connection).await.context("migrations")?;
    }
    for statement in schemas.iter().flat_map(|schema| schema.statements) {
        connection
            .prepare(statement.into_sql_str())
            .await
            .context(*statement)?;
    }
    connection.close().await?;
    Ok(())
}

pub fn pool(url: &str, is_sqlite: bool, connections: u32) -> sqlx::Result<Pool<Db>> {
    PoolOptions::<Db>::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // sqlx's own test has no time limit; see `before_acquire`.
        .test_before_acquire(false)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                if !is_sqlite {
                    connection.execute(SESSION).await?;
                }
                Ok(())
            })
        })
        .before_acquire(move |connection, _| Box::pin(is_usable(connection, is_sqlite)))
        // A connection whose statement was canceled may still be busy with it.
        // The price of both tests: a request waits for one more round trip, and
        // its connection comes back two later, of which one is sqlx's own ping.
        .after_release(move |connection, _| Box::pin(is_usable(connection, is_sqlite)))
        // Opening a connection may take longer than a request may wait.
        .connect_lazy(url)
}

/// Whether a pooled connection can be used; the pool closes it otherwise.
pub async fn is_usable(connection: &mut Connection, is_sqlite: bool) -> sqlx::Result<bool> {
    timeout(PING_TIMEOUT, takes_writes(connection, is_sqlite))
        .await
        .unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

/// After a failover, an old connection may lead to a server that takes no
/// writes.
async fn takes_writes(connection: &mut Connection, is_sqlite: bool) -> sqlx::Result<bool> {
    if is_sqlite {
        connection.ping().await?;
        // When a commit has failed, as on a full disk, sqlx may believe forever
        // that the connection is in a transaction.
        return Ok(!connection.is_in_transaction());
    }
    let read_only: String = sqlx::query_scalar("SELECT current_setting('transaction_read_only')")
        .fetch_one(connection)
        .await?;
    Ok(read_only == "off")
}
