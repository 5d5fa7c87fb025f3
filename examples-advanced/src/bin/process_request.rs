//! Build a response from a database, with `?` after each step that can fail.
//!
//! `process_request` connects to a database, queries its users, processes them
//! and builds an HTTP response. Any of the first three steps can fail. `?` then
//! returns the error to the caller, and the later steps do not run. The four
//! databases below show the response and the three errors. Here the requests
//! run one by one. In a server, the thread runs others at each `.await`.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin process_request
//! shop.db: 200 OK Ann, Ben
//! missing.db: cannot connect: [..] unable to open database file
//! empty.db: cannot query: [..] no such table: users
//! new.db: there are no users
//! ```
//!
//! Opening a connection takes time, so a server shares connections in a pool:
//! see `pool`. To do this in a server, and to answer each error with a status
//! such as 404, see `database_handler`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add axum --no-default-features
//! cargo add anyhow tempfile thiserror
//! cargo add sqlx --no-default-features -F runtime-tokio,sqlite-bundled
//! cargo add tokio -F macros,rt-multi-thread
//! ```

use std::path::Path;

use axum::http::Response;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};
use thiserror::Error;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    create_databases(folder.path()).await?;
    for name in ["shop.db", "missing.db", "empty.db", "new.db"] {
        match process_request(&folder.path().join(name)).await {
            Ok(response) => println!("{name}: {} {}", response.status(), response.body()),
            Err(error) => println!("{name}: {error}"),
        }
    }
    Ok(())
}

async fn process_request(file: &Path) -> Result<Response<String>, RequestError> {
    let mut db = connect_db(file).await?;
    let users = query_users(&mut db).await?;
    let text = process_data(users)?;
    Ok(Response::new(text))
}

async fn connect_db(file: &Path) -> Result<SqliteConnection, RequestError> {
    SqliteConnectOptions::new()
        .filename(file)
        .connect()
        .await
        .map_err(RequestError::Connect)
}

async fn query_users(db: &mut SqliteConnection) -> Result<Vec<String>, RequestError> {
    sqlx::query_scalar("SELECT name FROM users ORDER BY name")
        .fetch_all(db)
        .await
        .map_err(RequestError::Query)
}

fn process_data(users: Vec<String>) -> Result<String, RequestError> {
    if users.is_empty() {
        return Err(RequestError::NoUsers);
    }
    Ok(users.join(", "))
}

#[derive(Debug, Error)]
enum RequestError {
    #[error("cannot connect: {0}")]
    Connect(sqlx::Error),
    #[error("cannot query: {0}")]
    Query(sqlx::Error),
    #[error("there are no users")]
    NoUsers,
}

/// Creates all databases but `missing.db`.
async fn create_databases(folder: &Path) -> sqlx::Result<()> {
    for (name, statements) in [
        (
            "shop.db",
            "CREATE TABLE users AS SELECT 'Ann' AS name UNION SELECT 'Ben'",
        ),
        ("empty.db", ""),
        ("new.db", "CREATE TABLE users (name TEXT)"),
    ] {
        let mut db = SqliteConnectOptions::new()
            .filename(folder.join(name))
            .create_if_missing(true)
            .connect()
            .await?;
        sqlx::raw_sql(statements).execute(&mut db).await?;
    }
    Ok(())
}
