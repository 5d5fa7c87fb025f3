//! Query a database in an axum handler, and answer each error with a status.
//!
//! `get_user` takes a connection from a pool and reads a user, as in the
//! example `process_request`. Here it is a handler: axum calls it for each
//! request to `/users/{id}`, with the pool and the id. The handler returns
//! each error, and `into_response` decides in one place what the client gets.
//! If the pool gives no connection, the status is 503. If there is no such
//! user, it is 404. If the query fails, it is 500. The cause goes only to the
//! log, because it could reveal the names of tables.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin database_handler
//! GET /users/1: 200 {"id":1,"name":"Ann"}
//! GET /users/7: 404 there is no such user
//! log: cannot connect: pool timed out while waiting for an open connection  # 300 ms
//! GET /users/1: 503 try again later
//! log: cannot query: error returned from database: (code: 1) no such table: users
//! GET /users/1: 500 internal error
//! ```
//!
//! To serve a router like this one, see `hello` in examples-http. To send the
//! errors as JSON, see `error_responses` there.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,rt-multi-thread
//! cargo add sqlx --no-default-features -F derive,runtime-tokio,sqlite-bundled
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
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{FromRow, SqlitePool};
use thiserror::Error;
use tower::ServiceExt;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let pool = create_pool().await?;
    let app = Router::new()
        .route("/users/{id}", get(get_user))
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

async fn get_user(
    State(pool): State<SqlitePool>,
    Path(id): Path<i64>,
) -> Result<Json<User>, RequestError> {
    let mut db = pool.acquire().await.map_err(RequestError::Connect)?;
    let user: Option<User> = sqlx::query_as("SELECT id, name FROM users WHERE id = $1")
        .bind(id)
        .fetch_optional(&mut *db)
        .await
        .map_err(RequestError::Query)?;
    user.map(Json).ok_or(RequestError::NoUser)
}

#[derive(Serialize, FromRow)]
struct User {
    id: i64,
    name: String,
}

#[derive(Debug, Error)]
enum RequestError {
    #[error("cannot connect")]
    Connect(#[source] sqlx::Error),
    #[error("cannot query")]
    Query(#[source] sqlx::Error),
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
        // There is one connection: while `main` holds it, requests wait. The
        // pool keeps it open: closing it would delete the database in memory.
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

/// Sends a request to the router, which needs no socket for this.
async fn ask(app: &Router, path: &str) -> anyhow::Result<()> {
    let request = Request::get(path).body(Body::empty())?;
    // This `oneshot` is a method of tower: it calls a service once.
    let response = app.clone().oneshot(request).await?;
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), 1024).await?;
    println!("GET {path}: {status} {}", String::from_utf8_lossy(&body));
    Ok(())
}
