//! Opens connections, gives them limits, and closes those that do not answer.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use sqlx::any::AnyPoolOptions;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AnyConnection, AnyPool, Connection, Executor, SqlSafeStr};
use tokio::time::timeout;

use super::{ACQUIRE_TIMEOUT, Schema};

/// A connection that does not answer within this time is closed. It is shorter
/// than `ACQUIRE_TIMEOUT`, so a new connection can take its place.
const PING_TIMEOUT: Duration = Duration::from_millis(300);
/// PostgreSQL's limits for a statement, for a lock, and for a transaction that
/// does nothing; and the schema of this program's tables.
const SESSION: &str = "SET statement_timeout = '5s'; SET lock_timeout = '2s'; \
     SET idle_in_transaction_session_timeout = '10s'; SET search_path = web_api";

/// The database without its password, or what is wrong with the URL.
pub fn describe(url: &str) -> anyhow::Result<String> {
    let (scheme, place) = url.split_once(':').unwrap_or((url, ""));
    match scheme {
        "sqlite" => {
            ensure!(
                !place.contains("memory"),
                "DATABASE_URL: SQLite in memory has one database per connection; name a file"
            );
            Ok(format!("SQLite in {}", place.trim_start_matches("//")))
        }
        "postgres" | "postgresql" => {
            let place = place.trim_start_matches("//").split('?').next();
            let place = place.and_then(|it| it.rsplit('@').next());
            Ok(format!("PostgreSQL at {}", place.unwrap_or_default()))
        }
        _ => bail!("DATABASE_URL begins with {scheme:?}; it may be sqlite: or postgres:"),
    }
}

/// Creates or updates the tables, and checks all statements.
pub async fn prepare(url: &str, is_sqlite: bool, schemas: &[Schema]) -> anyhow::Result<()> {
    let mut connection = AnyConnection::connect(url).await?;
    let migrations = schemas.iter().flat_map(|schema| schema.migrations);
    let migrations = migrations.map(|it| {
        let sql = if is_sqlite { it.sqlite } else { it.postgres };
        let (name, kind) = ("web_api".into(), MigrationType::Simple);
        Migration::new(it.version, name, kind, sql.into_sql_str(), false)
    });
    // `sqlx::migrate!` would name this folder by its path in this crate.
    let migrator = Migrator::with_migrations(migrations.collect());
    if is_sqlite {
        // Readers and the writer do not wait for each other. The file keeps it.
        connection.execute("PRAGMA journal_mode = WAL").await?;
        // Of two instances one waits, as PostgreSQL's migrator does by itself.
        let mut lock = connection.begin_with("BEGIN IMMEDIATE").await?;
        migrator.run(&mut *lock).await.context("migrations")?;
        lock.commit().await?;
    } else {
        let schema = "CREATE SCHEMA IF NOT EXISTS web_api";
        connection.execute(schema).await?;
        connection.execute(SESSION).await?;
        migrator.run(&mut connection).await.context("migrations")?;
    }
    for statement in schemas.iter().flat_map(|schema| schema.statements) {
        let prepared = connection.prepare(statement.into_sql_str()).await;
        prepared.context(*statement)?;
    }
    connection.close().await?;
    Ok(())
}

pub fn pool(url: &str, is_sqlite: bool, connections: u32) -> sqlx::Result<AnyPool> {
    AnyPoolOptions::new()
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
        .after_release(move |connection, _| Box::pin(is_usable(connection, is_sqlite)))
        // Opening a connection may take longer than a request may wait.
        .connect_lazy(url)
}

/// Whether a pooled connection can be used; the pool closes it otherwise.
pub async fn is_usable(connection: &mut AnyConnection, is_sqlite: bool) -> sqlx::Result<bool> {
    let check = check(connection, is_sqlite);
    timeout(PING_TIMEOUT, check)
        .await
        .unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

/// After a failover, old connections may lead to a server that takes no writes.
async fn check(connection: &mut AnyConnection, is_sqlite: bool) -> sqlx::Result<bool> {
    if is_sqlite {
        connection.ping().await?;
        return Ok(true);
    }
    let query = sqlx::query_scalar("SELECT current_setting('transaction_read_only')");
    let read_only: String = query.fetch_one(connection).await?;
    Ok(read_only == "off")
}
