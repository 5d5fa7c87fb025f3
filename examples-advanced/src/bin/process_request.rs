//! Answer a request from a database, and map each step's error to a status.
//!
//! `process_request` takes a connection from a pool, queries a user and builds
//! the response. Each step ends in `?`. `IntoResponse` decides in one place
//! what the client gets: 503 without a free connection, 404 without such a
//! user, otherwise 500. Only the log gets the cause, which shows the schema.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin process_request
//! GET /users/1: 200 {"id":1,"name":"Ann"}
//! GET /users/7: 404 there is no such user
//! log: cannot connect: pool timed out while waiting for an open connection  # 300 ms
//! GET /users/1: 503 try again later
//! log: cannot query: error returned from database: (code: 1) no such table: users
//! GET /users/1: 500 internal error
//! ```
//!
//! To serve a router like this one, see `hello`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,rt-multi-thread
//! cargo add sqlx --no-default-features -F runtime-tokio,sqlite-bundled
//! cargo add serde -F derive
//! cargo add tower -F util
//! cargo add anyhow axum thiserror
//! ```

use std::error::Error as _;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{Sqlite, SqlitePool};
use thiserror::Error;
use tower::ServiceExt;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let pool = create_pool().await?;
    let app = Router::new()
        .route("/users/{id}", get(process_request))
        .with_state(pool.clone());

    ask(&app, "/users/1").await?;
    ask(&app, "/users/7").await?;

    // Take the only connection, then give it back.
    let connection = pool.acquire().await?;
    ask(&app, "/users/1").await?;
    drop(connection);

    sqlx::raw_sql("DROP TABLE users").execute(&pool).await?;
    ask(&app, "/users/1").await
}

async fn process_request(
    State(pool): State<SqlitePool>,
    Path(id): Path<i64>,
) -> Result<Json<User>, RequestError> {
    let mut db = connect_db(&pool).await?;
    let row = sqlx::query_as("SELECT id, name FROM users WHERE id = $1")
        .bind(id)
        .fetch_optional(&mut *db)
        .await?;
    Ok(Json(process_data(row)?))
}

async fn connect_db(pool: &SqlitePool) -> Result<PoolConnection<Sqlite>, RequestError> {
    pool.acquire().await.map_err(RequestError::Connect)
}

fn process_data(row: Option<(i64, String)>) -> Result<User, RequestError> {
    let (id, name) = row.ok_or(RequestError::NoUser)?;
    Ok(User { id, name })
}

#[derive(Serialize)]
struct User {
    id: i64,
    name: String,
}

#[derive(Debug, Error)]
enum RequestError {
    #[error("cannot connect")]
    Connect(#[source] sqlx::Error),
    #[error("cannot query")]
    Query(#[from] sqlx::Error),
    #[error("there is no such user")]
    NoUser,
}

impl IntoResponse for RequestError {
    fn into_response(self) -> Response {
        if let Some(cause) = self.source() {
            eprintln!("log: {self}: {cause}");
        }
        match self {
            Self::Connect(_) => (StatusCode::SERVICE_UNAVAILABLE, "try again later"),
            Self::Query(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal error"),
            Self::NoUser => (StatusCode::NOT_FOUND, "there is no such user"),
        }
        .into_response()
    }
}

async fn create_pool() -> sqlx::Result<SqlitePool> {
    let pool = SqlitePoolOptions::new()
        .acquire_timeout(Duration::from_millis(300))
        // A database in memory lives as long as its connection, so there is
        // one, and the pool never closes it.
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect("sqlite::memory:")
        .await?;
    sqlx::raw_sql("CREATE TABLE users AS SELECT 1 AS id, 'Ann' AS name")
        .execute(&pool)
        .await?;
    Ok(pool)
}

/// Sends a request to the router, which works without a socket.
async fn ask(app: &Router, path: &str) -> anyhow::Result<()> {
    let request = Request::get(path).body(Body::empty())?;
    let response = app.clone().oneshot(request).await?;
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), 1024).await?;
    println!("GET {path}: {status} {}", String::from_utf8_lossy(&body));
    Ok(())
}
