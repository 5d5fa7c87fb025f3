//! Serve users and their orders with a JSON API made for production.
//!
//! This is a template for a service. `users` is the simplest form; this adds:
//!
//! - SQLite or PostgreSQL, with migrations and the same statements for both;
//! - bearer tokens with roles, a rate limit for each client, load shedding;
//! - `ETag` and `If-Match`, so nobody overwrites a change that they have not
//!   seen, and `Idempotency-Key`, so a retry creates nothing twice;
//! - errors as RFC 9457 problems, with all broken rules at the same time;
//! - JSON logs, metrics, health checks, an OpenAPI document;
//! - on Ctrl-C or SIGTERM, 16 s for requests in progress; a second signal stops
//!   it immediately.
//!
//! ```console
//! $ TOKENS=ann:editor:swordfish cargo run -p examples-advanced --bin web_api &
//! listening on http://127.0.0.1:3000 with [..]
//! $ curl -s --json '{"name":"Ann"}' http://127.0.0.1:3000/users
//! {"title":"Unauthorized","status":401,[..]
//! $ curl -s --oauth2-bearer swordfish --json '{"name":" Ann"}' http://127.0.0.1:3000/users
//! {"title":"Unprocessable Entity",[..]"errors":[{"field":"email",[..]},{"field":"name",[..]}]}
//! $ curl -si --oauth2-bearer swordfish -H 'Idempotency-Key: 7' --json '{"name":"Ann","email":"ann@example.com"}' http://127.0.0.1:3000/users
//! HTTP/1.1 201 Created
//! ...
//! etag: "1"
//! ...
//! {"id":1,"name":"Ann","email":"ann@example.com","created_at":[..],"version":1}
//! $ curl -s --oauth2-bearer swordfish -X PUT -H 'If-Match: "0"' --json '{"name":"Ann B","email":"ann@example.com"}' http://127.0.0.1:3000/users/1
//! {"title":"Precondition Failed","status":412,"detail":"it has been changed since you read it; read it again"}
//! $ kill -INT %1
//! stopped: every request was answered
//! ```
//!
//! Follow a request: `server` accepts its connection. `router` leads it through
//! `observe`, `auth`, `extract` and `limits` to a handler in `users` or
//! `orders`. That calls its `store` (the SQL) and returns an `answer` or a
//! `problem`. To add a resource, copy the folder `orders`, rename what is in
//! it, number its migration, and name it here (`mod`) and in
//! `router::RESOURCES`; without the latter it does not compile. List each
//! statement in its `SCHEMA`: one that does not fit the tables then stops the
//! start.
//!
//! The page at `/` calls the API. `/openapi.json` describes it. `/metrics` is
//! for Prometheus. Settings are environment variables: `DATABASE_URL`
//! (PostgreSQL, tables in the schema `web_api`; or a SQLite file, as in
//! `sqlite:shop.db?mode=rwc`); `TOKENS` as `name:role:token,…` with the roles
//! `reader` and `editor`; `RATE`, the requests per second of one client;
//! `MAX_REQUESTS` at the same time; `ORIGINS` whose pages may use the API;
//! `LOG=debug` for all requests.
//!
//! Copy it with
//!
//! ```sh
//! cargo add anyhow metrics regex-lite serde_json serde_path_to_error sha2 tempfile
//! cargo add thiserror tokio-io-timeout tokio-stream tracing url utoipa utoipa-axum
//! cargo add axum -F macros
//! cargo add axum-extra --no-default-features -F typed-header
//! cargo add hyper -F http1,server
//! cargo add hyper-util -F service,tokio
//! cargo add garde --no-default-features -F derive
//! cargo add governor --no-default-features -F std
//! cargo add jiff --no-default-features -F serde,std
//! cargo add metrics-exporter-prometheus --no-default-features
//! cargo add serde -F derive
//! cargo add sqlx --no-default-features -F any,derive,migrate,postgres,runtime-tokio,sqlite-bundled
//! cargo add tokio -F macros,net,rt-multi-thread,signal,sync,time
//! cargo add tokio-util -F rt
//! cargo add tower-http -F catch-panic,compression-gzip,cors,request-id,trace
//! cargo add tower -F util
//! cargo add tracing-subscriber --no-default-features -F fmt,json
//! cargo add uuid -F v4
//! ```

// A resource that no route leads to is an error.
#![deny(dead_code)]

mod answer;
mod auth;
mod conditions;
mod database;
mod extract;
mod idempotency;
mod limits;
mod observe;
mod openapi;
mod orders;
mod problem;
mod router;
mod server;
mod settings;
mod state;
mod users;

use std::env::{self, VarError};
use std::io::{self, Write as _};
use std::sync::Arc;

use anyhow::{anyhow, bail};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use auth::Tokens;
use database::Database;
use limits::{Rates, Slots};
use settings::Settings;
use state::App;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let settings = Settings::from_env()?;
    observe::start_logging(settings.log);
    let metrics = observe::start_metrics()?;
    let mut stop_signals = StopSignals::new()?;
    let address = env::args().nth(1).unwrap_or("127.0.0.1:3000".into());
    let listener = listen(&address).await?;
    let address = listener.local_addr()?;
    let url = match env::var("DATABASE_URL") {
        Err(VarError::NotUnicode(_)) => bail!("DATABASE_URL is not UTF-8"),
        url => url.ok(),
    };
    let schemas = router::schemas();
    let database = tokio::select! {
        opened = Database::open(url.as_deref(), &schemas) => opened?,
        () = stop_signals.recv() => {
            say("stopped: the database has not answered yet");
            return Ok(());
        }
    };
    let place = database.name();
    say(&format!("listening on http://{address} with {place}"));
    let tokens = settings.tokens.map_or_else(demo_tokens, Ok)?;

    let (stop, cut) = (CancellationToken::new(), CancellationToken::new());
    let app = App {
        database: database.clone(),
        tokens: Arc::new(tokens),
        rates: Arc::new(Rates::new(settings.rate)),
        slots: Arc::new(Slots::new(settings.max_requests)),
        metrics: metrics.clone(),
        stop: stop.clone(),
    };
    let router = router::router(&app, settings.origins)?;
    tokio::spawn(idempotency::purge(database.clone()));
    tokio::spawn(observe::upkeep(metrics));
    let server = server::serve(listener, router, stop.clone(), cut.clone());
    tokio::spawn(async move {
        stop_signals.recv().await;
        stop.cancel();
        stop_signals.recv().await;
        cut.cancel();
    });
    match server.await {
        0 => {
            say("stopped: every request was answered");
            database.close().await;
        }
        // Nobody waits for their statements.
        cut => say(&format!("stopped: {cut} connections had to be cut")),
    }
    Ok(())
}

fn demo_tokens() -> anyhow::Result<Tokens> {
    let (tokens, [reader, editor]) = Tokens::demo()?;
    say("TOKENS is not set; two demo tokens until the next start:");
    say(&format!("{reader} may read, {editor} may write"));
    Ok(tokens)
}

async fn listen(address: &str) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| {
        anyhow!("cannot listen on {address}: {error}; give another address as an argument")
    })
}

/// Prints a line; unlike `println!`, it does not panic when nobody reads it.
fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
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
