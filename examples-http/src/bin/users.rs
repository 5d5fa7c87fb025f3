//! Create and read users with a JSON API, kept in memory, with `axum`.
//!
//! `curl` creates a user and fetches it. A second user with the same id is
//! refused. Every error is sent as JSON with its status; by default, axum's
//! extractors send plain text. std's `RwLock` is enough, because no handler
//! waits (`.await`) while it holds the lock. The server also:
//!
//! - allows 10,000 users, 1 KiB for a body, and 10 s for a request;
//! - on Ctrl-C or SIGTERM, allows 3 s for requests in progress; a second signal
//!   exits immediately.
//!
//! ```console
//! $ cargo run -p examples-http --bin users &
//! Server running on http://127.0.0.1:3000
//! $ curl -s -w ' %{http_code}\n' 127.0.0.1:3000/users -H 'content-type: application/json' -d '{"id":1,"name":"Ada"}'
//! {"id":1,"name":"Ada"} 201
//! $ curl -s -w ' %{http_code}\n' 127.0.0.1:3000/users -H 'content-type: application/json' -d '{"id":1,"name":"Ben"}'
//! {"error":"user 1 exists already"} 409
//! $ curl -s -w ' %{http_code}\n' 127.0.0.1:3000/users -H 'content-type: application/json' -d '{"id":2}'
//! {"error":"Failed to deserialize [..]: missing field `name` [..]"} 422
//! $ curl -s -w ' %{http_code}\n' 127.0.0.1:3000/users/1
//! {"id":1,"name":"Ada"} 200
//! $ curl -s -w ' %{http_code}\n' 127.0.0.1:3000/users/2
//! {"error":"there is no user 2"} 404
//! $ kill -INT %1
//! stopped: all requests were answered
//! ```
//!
//! To limit connections and the head of a request, see `hello_server`. Copy it
//! with
//!
//! ```sh
//! cargo add tokio -F macros,net,rt-multi-thread,signal,time
//! cargo add serde -F derive
//! cargo add anyhow axum tokio-util
//! ```

use std::collections::HashMap;
use std::env;
use std::io::{self, Write};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use anyhow::anyhow;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// With at most 1 KiB each, the users take about 10 MB.
const MAX_USERS: usize = 10_000;
/// Enough for an id and a long name; axum's default is 2 MB.
const MAX_BODY: usize = 1024;
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
const DRAIN_TIMEOUT: Duration = Duration::from_secs(3);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let app = Router::new()
        .route("/users", post(create_user))
        .route("/users/{id}", get(get_user))
        .fallback(async || ApiError(StatusCode::NOT_FOUND, "no such path".into()))
        .method_not_allowed_fallback(async || {
            ApiError(StatusCode::METHOD_NOT_ALLOWED, "no such method".into())
        })
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn(limit_time))
        .with_state(UserDb::default());

    let address = env::args().nth(1).unwrap_or("127.0.0.1:3000".into());
    let listener = listen(&address).await?;
    let mut stop = StopSignals::new()?;
    println!("Server running on http://{}", listener.local_addr()?);

    let draining = CancellationToken::new();
    let server =
        axum::serve(listener, app).with_graceful_shutdown(draining.clone().cancelled_owned());
    let server = tokio::spawn(server.into_future());
    stop.recv().await;
    draining.cancel();
    let stopped = tokio::select! {
        served = server => {
            served??;
            "all requests were answered"
        }
        () = sleep(DRAIN_TIMEOUT) => "open connections were closed",
        () = stop.recv() => "open connections were closed",
    };
    log(&format!("stopped: {stopped}"));
    Ok(())
}

type UserDb = Arc<RwLock<HashMap<u32, User>>>;

#[derive(Clone, Serialize, Deserialize)]
struct User {
    id: u32,
    name: String,
}

/// `user` may be the error of its extractor. `?` makes it an `ApiError`.
async fn create_user(
    State(users): State<UserDb>,
    user: Result<Json<User>, JsonRejection>,
) -> Result<impl IntoResponse, ApiError> {
    let Json(user) = user?;
    if user.name.trim().is_empty() {
        let error = "the name is empty".into();
        return Err(ApiError(StatusCode::UNPROCESSABLE_ENTITY, error));
    }
    let mut users = users.write().unwrap();
    if users.contains_key(&user.id) {
        let error = format!("user {} exists already", user.id);
        return Err(ApiError(StatusCode::CONFLICT, error));
    }
    if users.len() == MAX_USERS {
        let error = format!("there are {MAX_USERS} users already");
        return Err(ApiError(StatusCode::INSUFFICIENT_STORAGE, error));
    }
    users.insert(user.id, user.clone());
    let location = [(header::LOCATION, format!("/users/{}", user.id))];
    Ok((StatusCode::CREATED, location, Json(user)))
}

async fn get_user(
    State(users): State<UserDb>,
    id: Result<Path<u32>, PathRejection>,
) -> Result<Json<User>, ApiError> {
    let Path(id) = id?;
    let users = users.read().unwrap();
    let missing = || ApiError(StatusCode::NOT_FOUND, format!("there is no user {id}"));
    users.get(&id).cloned().map(Json).ok_or_else(missing)
}

/// Here only the client can be slow: 408. If a handler waits, too, answer 504.
async fn limit_time(request: Request, next: Next) -> Result<Response, ApiError> {
    let response = timeout(REQUEST_TIMEOUT, next.run(request)).await;
    response.map_err(|_| ApiError(StatusCode::REQUEST_TIMEOUT, "too slow".into()))
}

/// A status and its reason, sent as JSON.
struct ApiError(StatusCode, String);

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        (self.0, Json(HashMap::from([("error", self.1)]))).into_response()
    }
}

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> Self {
        Self(rejection.status(), rejection.body_text())
    }
}

impl From<PathRejection> for ApiError {
    fn from(rejection: PathRejection) -> Self {
        Self(rejection.status(), rejection.body_text())
    }
}

async fn listen(address: &str) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| {
        anyhow!("cannot listen on {address}: {error}; give another address as an argument")
    })
}

/// Ctrl-C and SIGTERM, caught from `new` on: a signal that comes right after
/// the first line of output is not lost.
#[cfg(unix)]
struct StopSignals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl StopSignals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn recv(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(windows)]
struct StopSignals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl StopSignals {
    fn new() -> io::Result<Self> {
        Ok(Self(tokio::signal::windows::ctrl_c()?))
    }

    async fn recv(&mut self) {
        self.0.recv().await;
    }
}

/// Writes a line to standard error; unlike `eprintln!`, it does not panic when
/// nobody reads it.
fn log(message: &str) {
    let _ = io::stderr().write_all(format!("{message}\n").as_bytes());
}
