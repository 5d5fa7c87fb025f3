//! Give each test a database of its own, or a fake in its place.
//!
//! Two tests register the user Ann, at the same time. With one database for
//! both, one of them finds the name taken and fails. With `test_database`, each
//! has its own SQLite in memory, and both pass. A full disk is hard to arrange
//! with a real database, so a fake stands in: a type that implements the same
//! trait and always answers "disk full".
//!
//! ```console
//! $ cargo run -p examples-advanced --bin database_tests
//! broken, one database for both tests: 1 of 2 pass
//! fixed, a database for each test: 2 of 2 pass
//! a fake whose disk is full: 1 of 1 passes
//! ```
//!
//! In a project each of these tests is a `#[tokio::test]`, and `cargo test`
//! runs them side by side. For PostgreSQL, `#[sqlx::test]` creates a database
//! for each test. The part to reuse starts at `test_database`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add anyhow
//! cargo add sqlx --no-default-features -F runtime-tokio,sqlite-bundled
//! cargo add tokio -F macros,rt-multi-thread
//! ```

use anyhow::{bail, ensure};
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{Executor, SqlitePool};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let shared = test_database().await?;
    let results = tokio::join!(registers_a_user(&shared), refuses_a_taken_name(&shared));
    let passed = usize::from(results.0.is_ok()) + usize::from(results.1.is_ok());
    println!("broken, one database for both tests: {passed} of 2 pass");

    let (one, other) = (test_database().await?, test_database().await?);
    let results = tokio::join!(registers_a_user(&one), refuses_a_taken_name(&other));
    let passed = usize::from(results.0.is_ok()) + usize::from(results.1.is_ok());
    println!("fixed, a database for each test: {passed} of 2 pass");

    let passed = usize::from(says_when_the_disk_is_full().await.is_ok());
    println!("a fake whose disk is full: {passed} of 1 passes");
    Ok(())
}

async fn registers_a_user(users: &SqlitePool) -> anyhow::Result<()> {
    let answer = register(users, "Ann").await;
    ensure!(answer == "welcome, Ann", "{answer}");
    Ok(())
}

async fn refuses_a_taken_name(users: &SqlitePool) -> anyhow::Result<()> {
    let first = register(users, "Ann").await;
    ensure!(first == "welcome, Ann", "{first}");
    let second = register(users, "Ann").await;
    ensure!(second == "Ann is taken", "{second}");
    Ok(())
}

async fn says_when_the_disk_is_full() -> anyhow::Result<()> {
    let answer = register(&FullDisk, "Ann").await;
    ensure!(answer == "try again later", "{answer}");
    Ok(())
}

/// The code under test. It knows only the trait.
async fn register(users: &impl Users, name: &str) -> String {
    match users.insert(name).await {
        Ok(true) => format!("welcome, {name}"),
        Ok(false) => format!("{name} is taken"),
        Err(_) => "try again later".into(),
    }
}

trait Users {
    /// Returns false if there is such a user already.
    async fn insert(&self, name: &str) -> anyhow::Result<bool>;
}

impl Users for SqlitePool {
    async fn insert(&self, name: &str) -> anyhow::Result<bool> {
        let inserted = sqlx::query("INSERT INTO users VALUES ($1) ON CONFLICT DO NOTHING")
            .bind(name)
            .execute(self)
            .await?;
        Ok(inserted.rows_affected() == 1)
    }
}

struct FullDisk;

impl Users for FullDisk {
    async fn insert(&self, _name: &str) -> anyhow::Result<bool> {
        bail!("disk full")
    }
}

/// Creates a database that nobody else sees.
pub async fn test_database() -> sqlx::Result<SqlitePool> {
    let pool = SqlitePoolOptions::new()
        // A second connection to a database in memory does not wait for a lock:
        // it fails with "table is locked". And if all connections are closed,
        // the database is gone.
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect("sqlite::memory:")
        .await?;
    // A project runs its migrations here.
    pool.execute("CREATE TABLE users (name TEXT PRIMARY KEY)")
        .await?;
    Ok(pool)
}
