//! Serve users and their orders: a JSON API as the template of a service.
//!
//! TODO
//!
//! ```console
//! $ TOKENS=ann:editor:swordfish cargo run -p examples-http --bin web_api &
//! listening on http://127.0.0.1:3000, with SQLite in a temporary file
//! $ kill -INT %1
//! stopped: every request was answered
//! ```
//!
//! Copy it with `cargo add axum`.

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
use std::{env, io};

use anyhow::{Context, anyhow};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use app::App;
use auth::Tokens;
use database::Database;
use limits::{Rates, Slots};
use lookup::Lookup;
use observe::Metrics;
use settings::Settings;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let settings = Settings::from_env()?;
    observe::log(settings.log);
    let stop_signal = stop_signal()?;
    let address = env::args().nth(1).unwrap_or("127.0.0.1:3000".into());
    let listener = TcpListener::bind(&address)
        .await
        .map_err(|error| anyhow!("cannot listen on {address}: {error}"))?;
    let address = listener.local_addr()?;
    let database = Database::open(settings.database_url.as_deref()).await?;
    println!("listening on http://{address}, with {}", database.name());
    let tokens = match settings.tokens {
        Some(tokens) => tokens,
        None => {
            let (tokens, [reader, editor]) = Tokens::for_trying()?;
            println!("TOKENS is not set, so for trying: {reader} may read");
            println!("                                  {editor} may write");
            tokens
        }
    };

    let stop = CancellationToken::new();
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
    let server = tokio::spawn(server::serve(listener, router, stop.clone()));

    stop_signal.await;
    stop.cancel();
    match server.await.context("the server")?? {
        0 => println!("stopped: every request was answered"),
        cut => println!("stopped: {cut} connections had to be cut"),
    }
    let pool = app.database.pool.clone();
    // They hold connections, for which closing the pool would wait.
    drop((app, purge));
    pool.close().await;
    Ok(())
}

/// Ends at Ctrl-C or SIGTERM; both are caught from the call on.
#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(windows)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    let mut ctrl_c = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        ctrl_c.recv().await;
    })
}
