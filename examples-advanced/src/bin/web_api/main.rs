//! Serve users and their orders with a JSON API made for production.
//!
//! A template to start a service from; `users` is a JSON API in its simplest
//! form. This one has:
//!
//! - SQLite or PostgreSQL, with migrations and the same statements for both;
//! - bearer tokens with roles, a rate limit for each client, load shedding;
//! - `ETag` and `If-Match`, so nobody overwrites a change that they have not
//!   seen, and `Idempotency-Key`, so a retry creates nothing twice;
//! - errors as RFC 9457 problems, with all errors of a body at the same time;
//! - JSON logs, metrics, health checks, an OpenAPI document;
//! - on Ctrl-C or SIGTERM, 16 s for requests in progress; a second signal stops
//!   it immediately.
//!
//! ```console
//! $ TOKENS=ann:editor:swordfish cargo run -p examples-advanced --bin web_api &
//! listening on http://127.0.0.1:3000 with SQLite in a temporary file
//! $ curl -s --json '{"name":"Ann"}' http://127.0.0.1:3000/users
//! {"title":"Unauthorized","status":401,[..]
//! $ curl -s --oauth2-bearer swordfish --json '{"name":" Ann"}' http://127.0.0.1:3000/users
//! {"title":"Unprocessable Entity",[..]"errors":[{"field":"name",[..]},{"field":"email",[..]}]}
//! $ curl -si --oauth2-bearer swordfish --json '{"name":"Ann","email":"ann@example.com"}' http://127.0.0.1:3000/users
//! HTTP/1.1 201 Created
//! content-type: application/json
//! etag: "1"
//! location: /users/1
//! ...
//! {"id":1,"name":"Ann","email":"ann@example.com","created_at":[..],"version":1}
//! $ curl -s --oauth2-bearer swordfish -X PUT -H 'If-Match: "0"' --json '{"name":"Ann B","email":"ann@example.com"}' http://127.0.0.1:3000/users/1
//! {"title":"Precondition Failed","status":412,"detail":"it has been changed since you read it; read it again"}
//! $ curl -s http://127.0.0.1:3000/ready
//! ready
//! $ kill -INT %1
//! stopped: every request was answered
//! ```
//!
//! Open `/` in a browser to try it. The OpenAPI document is at `/openapi.json`,
//! the metrics for Prometheus at `/metrics`.
//!
//! Settings are environment variables: `DATABASE_URL` for PostgreSQL or a file
//! of SQLite; `TOKENS` as `name:role:token,…` with the roles `reader` and
//! `editor` (without it, two demo tokens are created and printed); `RATE`, the
//! requests per second of one client; `MAX_REQUESTS` at the same time;
//! `LOG=debug` to log every request.
//!
//! Copy it with
//!
//! ```sh
//! cargo add anyhow axum getrandom serde_json sha2 thiserror tracing utoipa utoipa-axum
//! cargo add tokio-io-timeout tokio-stream
//! cargo add futures --no-default-features
//! cargo add hyper -F http1,server
//! cargo add hyper-util -F service,tokio
//! cargo add serde -F derive
//! cargo add sqlx --no-default-features -F any,migrate,postgres,runtime-tokio,sqlite-bundled
//! cargo add tokio -F macros,net,rt-multi-thread,signal,sync,time
//! cargo add tokio-util -F rt
//! cargo add tower -F util
//! cargo add tracing-subscriber --no-default-features -F fmt,json
//! ```

mod app;
mod auth;
mod conditions;
mod database;
mod fields;
mod idempotency;
mod limits;
mod lookup;
mod observe;
mod openapi;
mod orders;
mod problem;
mod server;
mod settings;
mod users;

use std::sync::Arc;
use std::time::Duration;
use std::{env, io};

use anyhow::{Context, anyhow};
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use app::App;
use auth::Tokens;
use database::Database;
use limits::{Rates, Slots};
use lookup::Lookup;
use observe::Metrics;
use settings::Settings;

/// How long the database is given to close its connections.
const CLOSE_TIME: Duration = Duration::from_secs(1);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let settings = Settings::from_env()?;
    observe::log(settings.log);
    let mut stop_signal = stop_signals()?;
    let address = env::args().nth(1).unwrap_or("127.0.0.1:3000".into());
    let listener = TcpListener::bind(&address)
        .await
        .map_err(|error| anyhow!("cannot listen on {address}: {error}"))?;
    let address = listener.local_addr()?;
    let database = tokio::select! {
        opened = Database::open(settings.database_url.as_deref()) => opened?,
        () = stop_signal() => {
            println!("stopped: the database has not answered yet");
            return Ok(());
        }
    };
    println!("listening on http://{address} with {}", database.name());
    let tokens = if let Some(tokens) = settings.tokens {
        tokens
    } else {
        let (tokens, [reader, editor]) = Tokens::for_trying()?;
        println!("TOKENS is not set, so for trying: {reader} may read");
        println!("                                  {editor} may write");
        tokens
    };

    let (stop, cut) = (CancellationToken::new(), CancellationToken::new());
    let app = Arc::new(App {
        users: Lookup::start(&database),
        orders: Lookup::start(&database),
        tokens,
        rates: Rates::new(settings.rate),
        slots: Slots::new(settings.max_requests),
        metrics: Metrics::new()?,
        stop: stop.clone(),
        database,
    });
    let purge = tokio::spawn(idempotency::purge(app.database.pool.clone()));
    let purge = AbortOnDropHandle::new(purge);
    let router = app::router(&app);
    let server = server::serve(listener, router, stop.clone(), cut.clone());
    let mut server = tokio::spawn(server);

    stop_signal().await;
    stop.cancel();
    let ended = tokio::select! {
        ended = &mut server => ended,
        () = stop_signal() => {
            cut.cancel();
            server.await
        }
    };
    match ended.context("the server")?? {
        0 => println!("stopped: every request was answered"),
        cut => println!("stopped: {cut} connections had to be cut"),
    }
    let pool = app.database.pool.clone();
    // They hold connections, for which closing the pool would wait.
    drop((app, purge));
    // For a query that was given up it waits too, and the database may stall.
    let _ = timeout(CLOSE_TIME, pool.close()).await;
    Ok(())
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
