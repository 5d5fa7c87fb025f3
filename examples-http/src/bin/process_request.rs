//! Answer a request from a database, with each step's error an answer too.
//!
//! Handler, pool, query, response: each step ends in `?`, and `IntoResponse`
//! for the error decides in one place what the client gets. No such user is a
//! 404, no free connection within a second a 503, and all else a 500: what the
//! database said is for the log, since a client could learn our tables from it.
//! The pool is made once; a connection for each request would cost more than
//! its query.
//!
//! ```console,unordered
//! $ cargo run -p examples-http --bin process_request &
//! listening on http://127.0.0.1:3000
//! $ curl -s http://127.0.0.1:3000/users/1
//! {"id":1,"name":"Ann","orders":2}
//! $ curl -s -w ' %{http_code}\n' http://127.0.0.1:3000/users/7
//! no such user 404
//! $ curl -s -w ' %{http_code}\n' http://127.0.0.1:3000/users/Ann
//! Invalid URL: Cannot parse `Ann` to a `i64` 400
//! $ curl -s -w ' %{http_code}\n' http://127.0.0.1:3000/users/2
//! something broke on our side 500
//! user 2: error occurred while decoding column 0: [..]
//! $ curl -s -w ' %{http_code}\n' http://127.0.0.1:3000/busy/1
//! the database is busy 503
//! user 1: pool timed out while waiting for an open connection
//! $ kill -INT %1
//! stopped
//! ```
//!
//! User 2 has no name, and `/busy` holds the only connection meanwhile.
//!
//! Copy it with `cargo add sqlx --no-default-features -F
//! any,runtime-tokio,sqlite-bundled`, `cargo add axum anyhow thiserror`,
//! `cargo add serde -F derive` and
//! `cargo add tokio -F macros,net,rt-multi-thread,signal`.

use std::env;
use std::time::Duration;

use anyhow::Context;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use sqlx::AnyPool;
use sqlx::any::{AnyPoolOptions, install_default_drivers};
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::signal::ctrl_c;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let address = env::args().nth(1).unwrap_or("127.0.0.1:3000".into());
    let pool = create_pool().await.context("the database")?;
    let app = Router::new()
        .route("/users/{id}", get(process_request))
        .route("/busy/{id}", get(process_while_busy))
        .with_state(pool);
    let listener = TcpListener::bind(&address).await.context(address)?;
    println!("listening on http://{}", listener.local_addr()?);
    let stop = async {
        // Without a way to hear Ctrl-C it is better not to run at all.
        let _ = ctrl_c().await;
    };
    axum::serve(listener, app)
        .with_graceful_shutdown(stop)
        .await?;
    println!("stopped");
    Ok(())
}

async fn create_pool() -> sqlx::Result<AnyPool> {
    install_default_drivers();
    let pool = AnyPoolOptions::new()
        // Each connection to ":memory:" would have a database of its own.
        .max_connections(1)
        .acquire_timeout(Duration::from_secs(1))
        .connect("sqlite::memory:")
        .await?;
    sqlx::raw_sql(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
         CREATE TABLE orders (user_id INTEGER NOT NULL);
         INSERT INTO users VALUES (1, 'Ann'), (2, NULL);
         INSERT INTO orders VALUES (1), (1), (2);",
    )
    .execute(&pool)
    .await?;
    Ok(pool)
}

#[derive(Serialize)]
struct User {
    id: i64,
    name: String,
    orders: i64,
}

async fn process_request(
    State(pool): State<AnyPool>,
    Path(id): Path<i64>,
) -> Result<Json<User>, RequestError> {
    let failed = |cause| RequestError::Database { id, cause };
    let mut connection = pool.acquire().await.map_err(failed)?;
    let row: Option<(String, i64)> = sqlx::query_as(
        "SELECT name, (SELECT count(*) FROM orders WHERE user_id = users.id) \
         FROM users WHERE id = $1",
    )
    .bind(id)
    .fetch_optional(&mut *connection)
    .await
    .map_err(failed)?;
    let (name, orders) = row.ok_or(RequestError::NotFound)?;
    Ok(Json(User { id, name, orders }))
}

async fn process_while_busy(
    State(pool): State<AnyPool>,
    path: Path<i64>,
) -> Result<Json<User>, RequestError> {
    let held = pool.acquire().await;
    let answer = process_request(State(pool), path).await;
    drop(held);
    answer
}

#[derive(Debug, Error)]
enum RequestError {
    #[error("no such user")]
    NotFound,
    #[error("user {id}: {cause}")]
    Database { id: i64, cause: sqlx::Error },
}

impl IntoResponse for RequestError {
    fn into_response(self) -> Response {
        let Self::Database { cause, .. } = &self else {
            return (StatusCode::NOT_FOUND, self.to_string()).into_response();
        };
        eprintln!("{self}");
        if matches!(cause, sqlx::Error::PoolTimedOut) {
            let text = "the database is busy";
            return (StatusCode::SERVICE_UNAVAILABLE, text).into_response();
        }
        let text = "something broke on our side";
        (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
    }
}
