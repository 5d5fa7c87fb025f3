//! Keep users logged in with `tower-sessions`, and refuse forged requests.
//!
//! The cookie holds a random id, hidden from scripts (`HttpOnly`). At login it
//! changes. Otherwise an attacker who planted the old id in the browser would
//! be logged in, too. A browser sends no cookie with a POST from another site
//! (`SameSite`). But another port is the same site, so `refuse_other_origins`
//! compares host and port. Open http://127.0.0.1:3000 to try it.
//!
//! ```console
//! $ cargo run -p examples-http --bin session &
//! Server running on http://127.0.0.1:3000
//! $ curl -sc old -w '\n%header{set-cookie}\n' 127.0.0.1:3000/visits
//! someone, visit 1
//! id=[..]; HttpOnly; SameSite=Lax; Path=/; Max-Age=[..]
//! $ curl -sb old -c new -w '\n' 127.0.0.1:3000/login -d 'password=correct horse' -H 'origin: http://127.0.0.1:3000'
//! ada is logged in
//! $ curl -sb new -w '\n' 127.0.0.1:3000/visits
//! ada, visit 2
//! $ curl -sb old -w '\n' 127.0.0.1:3000/visits
//! someone, visit 1
//! $ curl -sb new -w ' %{http_code}\n' -X POST 127.0.0.1:3000/logout -H 'origin: http://127.0.0.1:8000'
//! a page of another origin 403
//! $ rm old new
//! $ kill -INT %1
//! ```
//!
//! For passwords, see `password`. For other origins, see `cors`. Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,net,rt-multi-thread,signal
//! cargo add anyhow axum tower-sessions
//! ```

use std::collections::HashMap;
use std::{env, io};

use anyhow::anyhow;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{Html, IntoResponse, Response, Result};
use axum::routing::{get, post};
use axum::{Form, Router};
use tokio::net::TcpListener;
use tower_sessions::cookie::{SameSite, time::Duration};
use tower_sessions::{Expiry, MemoryStore, Session, SessionManagerLayer, session};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // A service needs a database: this store keeps even expired sessions.
    let sessions = SessionManagerLayer::new(MemoryStore::default())
        // Reading does not renew the 30 minutes: see `with_always_save`.
        .with_expiry(Expiry::OnInactivity(Duration::minutes(30)))
        .with_same_site(SameSite::Lax)
        .with_secure(false); // Leave this out for a server with HTTPS.
    let app = Router::new()
        .route("/", get(Html(PAGE)))
        .route("/visits", get(count))
        .route("/login", post(login))
        .route("/logout", post(logout))
        .layer(sessions)
        .layer(from_fn(refuse_other_origins));

    let address = env::args().nth(1).unwrap_or("127.0.0.1:3000".into());
    let listener = listen(&address).await?;
    let mut ctrl_c = ctrl_c()?;
    println!("Server running on http://{}", listener.local_addr()?);
    tokio::select! {
        served = axum::serve(listener, app) => served?,
        _ = ctrl_c.recv() => {}
    }
    Ok(())
}

/// Two requests at the same time may count as one visit.
async fn count(session: Session) -> Result<String> {
    let visits: u32 = session.get("visits").await.map_err(internal)?.unwrap_or(0) + 1;
    session.insert("visits", visits).await.map_err(internal)?;
    let user: Option<String> = session.get("user").await.map_err(internal)?;
    let user = user.unwrap_or("someone".into());
    Ok(format!("{user}, visit {visits}"))
}

async fn login(session: Session, Form(form): Form<HashMap<String, String>>) -> Result<String> {
    if form.get("password").is_none_or(|it| it != "correct horse") {
        return Err((StatusCode::UNAUTHORIZED, "wrong password").into());
    }
    session.cycle_id().await.map_err(internal)?;
    session.insert("user", "ada").await.map_err(internal)?;
    Ok("ada is logged in".into())
}

async fn logout(session: Session) -> Result<String> {
    session.flush().await.map_err(internal)?;
    Ok("logged out".into())
}

/// Answers 500 when the store fails. A service also logs the error.
fn internal(_error: session::Error) -> StatusCode {
    StatusCode::INTERNAL_SERVER_ERROR
}

/// Lets pages of other origins use safe methods only, such as GET. All browsers
/// send `Origin` with a POST, so a client without it is not a browser. Behind a
/// proxy that changes `Host`, compare with the name of the site instead.
async fn refuse_other_origins(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let header = |name| headers.get(name).map(|it| it.to_str().unwrap_or(""));
    // "http://host:port" becomes "host:port", and "null" becomes "".
    let origin = header("origin").map(|it| it.split_once("://").unwrap_or_default().1);
    if request.method().is_safe() || origin.is_none() || origin == header("host") {
        return next.run(request).await;
    }
    (StatusCode::FORBIDDEN, "a page of another origin").into_response()
}

const PAGE: &str = r#"<!doctype html><title>session</title>
<a href="/visits">Visit</a>
<form method="post" action="/login"><input name="password" type="password"><button>Log in</button></form>
<form method="post" action="/logout"><button>Log out</button></form>
"#;

async fn listen(address: &str) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| {
        anyhow!("cannot listen on {address}: {error}; give another address as an argument")
    })
}

/// Catches Ctrl-C from this call on. (`tokio::signal::ctrl_c` would catch it
/// only once it is awaited, and an earlier Ctrl-C would kill the program.)
#[cfg(unix)]
fn ctrl_c() -> io::Result<tokio::signal::unix::Signal> {
    tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())
}

#[cfg(windows)]
fn ctrl_c() -> io::Result<tokio::signal::windows::CtrlC> {
    tokio::signal::windows::ctrl_c()
}
