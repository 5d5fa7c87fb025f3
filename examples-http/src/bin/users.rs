//! Keep users in memory behind a JSON API with `axum`, and refuse clearly.
//!
//! Every refusal has its status and a JSON body; those of axum's own extractors
//! are plain text otherwise, and an `Err(String)` would go out as 200 OK. The
//! map stands behind std's `RwLock`: no guard lives over an `.await`, and a
//! handler that tries does not compile. Bodies and the number of users have a
//! limit, since they stay in memory; connections and the time of half a request
//! have none, since `axum::serve` knows of none: `web_api` limits them too.
//!
//! ```console
//! $ cargo run -p examples-http --bin users &
//! Server running on http://127.0.0.1:3000
//! $ curl -si http://127.0.0.1:3000/users --json '{"id":1,"name":"Ada"}'
//! HTTP/1.1 201 Created
//! content-type: application/json
//! location: /users/1
//! ...
//! {"id":1,"name":"Ada"}
//! $ curl -si http://127.0.0.1:3000/users/1
//! HTTP/1.1 200 OK
//! ...
//! {"id":1,"name":"Ada"}
//! $ curl -sw ' %{http_code}\n' 127.0.0.1:3000/users/2
//! {"error":"there is no user 2"} 404
//! $ curl -sw ' %{http_code}\n' 127.0.0.1:3000/users/two
//! {"error":"Invalid URL: Cannot parse `two` to a `u32`"} 400
//! $ curl -sw ' %{http_code}\n' 127.0.0.1:3000/users --json '{"id":1,"name":"B"}'
//! {"error":"user 1 exists"} 409
//! $ curl -sw ' %{http_code}\n' 127.0.0.1:3000/users --json '{"id":2,"name":""}'
//! {"error":"the name is empty"} 422
//! $ curl -sw ' %{http_code}\n' 127.0.0.1:3000/users --json '{"id":2}'
//! {"error":"Failed to deserialize [..]: missing field `name` [..]"} 422
//! $ curl -sw ' %{http_code}\n' 127.0.0.1:3000/users --json '{"id":2,'
//! {"error":"Failed to parse [..]: EOF while parsing [..] column 8"} 400
//! $ curl -sw ' %{http_code}\n' 127.0.0.1:3000/users -d '{"id":2,"name":"Ben"}'
//! {"error":"Expected request with `Content-Type: application/json`"} 415
//! $ seq 1000 | curl -sw ' %{http_code}\n' 127.0.0.1:3000/users --json @-
//! {"error":"Failed to buffer the request body: length limit exceeded"} 413
//! $ curl -sw ' %{http_code}\n' -X DELETE 127.0.0.1:3000/users/1
//! {"error":"not with this method"} 405
//! $ curl -sw ' %{http_code}\n' 127.0.0.1:3000/user
//! {"error":"there is nothing here"} 404
//! $ kill -INT %1
//! stopped: nothing was left open
//! ```
//!
//! Copy it with `cargo add axum tokio-util`, `cargo add serde -F derive`,
//! `cargo add tokio -F macros,net,rt-multi-thread,signal,time` and
//! `cargo add anyhow`.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, RwLock};
use std::time::Duration;
use std::{env, io};

use anyhow::anyhow;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// With [`MAX_BODY`] this bounds the map: some 10 MB at most.
const MAX_USERS: usize = 10_000;
/// Enough for an id and a long name; axum's default is 2 MB.
const MAX_BODY: usize = 1024;
/// How long requests under way may take once the server stops.
const DRAIN: Duration = Duration::from_secs(3);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let address = env::args().nth(1).unwrap_or("127.0.0.1:3000".into());
    let listener = TcpListener::bind(&address)
        .await
        .map_err(|error| anyhow!("cannot listen on {address}: {error}"))?;
    let mut stop_signal = stop_signals()?;
    println!("Server running on http://{}", listener.local_addr()?);

    let stop = CancellationToken::new();
    let server =
        axum::serve(listener, app()).with_graceful_shutdown(stop.clone().cancelled_owned());
    let server = tokio::spawn(server.into_future());

    stop_signal().await;
    stop.cancel();
    tokio::select! {
        ended = server => {
            ended??;
            println!("stopped: nothing was left open");
        }
        () = sleep(DRAIN) => println!("stopped: cut what was open"),
        () = stop_signal() => println!("stopped: cut what was open"),
    }
    Ok(())
}

fn app() -> Router {
    Router::new()
        .route("/users", post(create_user))
        .route("/users/{id}", get(get_user))
        .method_not_allowed_fallback(no_method)
        .fallback(no_route)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(Users::default())
}

type Users = Arc<RwLock<HashMap<u32, User>>>;

#[derive(Clone, Serialize, Deserialize)]
struct User {
    id: u32,
    name: String,
}

async fn create_user(
    State(users): State<Users>,
    user: Result<Json<User>, JsonRejection>,
) -> Result<impl IntoResponse, Refusal> {
    let Json(user) = user?;
    if user.name.trim().is_empty() {
        let reason = "the name is empty".into();
        return Err(Refusal(StatusCode::UNPROCESSABLE_ENTITY, reason));
    }
    let mut users = users.write().expect("nothing panics under the lock");
    let full = users.len() >= MAX_USERS;
    // One lookup finds out and inserts: no other request comes in between.
    match users.entry(user.id) {
        Entry::Occupied(_) => {
            let reason = format!("user {} exists", user.id);
            Err(Refusal(StatusCode::CONFLICT, reason))
        }
        Entry::Vacant(_) if full => {
            let reason = format!("there are {MAX_USERS} users");
            Err(Refusal(StatusCode::INSUFFICIENT_STORAGE, reason))
        }
        Entry::Vacant(place) => {
            place.insert(user.clone());
            let location = [(header::LOCATION, format!("/users/{}", user.id))];
            Ok((StatusCode::CREATED, location, Json(user)))
        }
    }
}

async fn get_user(
    State(users): State<Users>,
    id: Result<Path<u32>, PathRejection>,
) -> Result<Json<User>, Refusal> {
    let Path(id) = id?;
    let users = users.read().expect("nothing panics under the lock");
    users
        .get(&id)
        .cloned()
        .map(Json)
        .ok_or_else(|| Refusal(StatusCode::NOT_FOUND, format!("there is no user {id}")))
}

async fn no_method() -> Refusal {
    Refusal(
        StatusCode::METHOD_NOT_ALLOWED,
        "not with this method".into(),
    )
}

async fn no_route() -> Refusal {
    Refusal(StatusCode::NOT_FOUND, "there is nothing here".into())
}

/// A status and its reason, sent as JSON.
struct Refusal(StatusCode, String);

#[derive(Serialize)]
struct Reason {
    error: String,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, Json(Reason { error: self.1 })).into_response()
    }
}

impl From<JsonRejection> for Refusal {
    fn from(rejection: JsonRejection) -> Self {
        Self(rejection.status(), rejection.body_text())
    }
}

impl From<PathRejection> for Refusal {
    fn from(rejection: PathRejection) -> Self {
        Self(rejection.status(), rejection.body_text())
    }
}

/// Catches Ctrl-C and SIGTERM from the call on; what it returns waits for one.
#[cfg(unix)]
fn stop_signals() -> io::Result<impl AsyncFnMut()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move || {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(windows)]
fn stop_signals() -> io::Result<impl AsyncFnMut()> {
    let mut ctrl_c = tokio::signal::windows::ctrl_c()?;
    Ok(async move || {
        ctrl_c.recv().await;
    })
}
