//! Answer `GET /` with JSON from an `axum` server that stops cleanly.
//!
//! It listens on loopback unless told otherwise: `0.0.0.0` would offer it to
//! the whole network. Ctrl-C or SIGTERM lets requests under way be answered, but
//! not for ever: half a request would keep `axum::serve` from ending. Nor can
//! `axum::serve` limit the connections, or the time that half a request takes;
//! a proxy in front of it can, and so can hyper, as `web_api` uses it.
//!
//! ```console
//! $ cargo run -p examples-http --bin hello_server &
//! Server running on http://127.0.0.1:3000
//! $ curl -si http://127.0.0.1:3000/
//! HTTP/1.1 200 OK
//! content-type: application/json
//! content-length: 27
//! ...
//! {"message":"Hello, World!"}
//! $ cargo run -q -p examples-http --bin hello_server 127.0.0.1:3000  # exit 1
//! Error: cannot listen on 127.0.0.1:3000: [..]; try another, as an argument
//! $ kill -INT %1
//! stopped: nothing was left open
//! ```
//!
//! Copy it with `cargo add axum tokio-util`, `cargo add serde -F derive`,
//! `cargo add tokio -F macros,net,rt-multi-thread,signal,time` and
//! `cargo add anyhow`.

use std::time::Duration;
use std::{env, io};

use anyhow::anyhow;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How long requests under way may take once the server stops.
const DRAIN: Duration = Duration::from_secs(3);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let address = env::args().nth(1).unwrap_or("127.0.0.1:3000".into());
    let listener = TcpListener::bind(&address).await.map_err(|error| {
        anyhow!("cannot listen on {address}: {error}; try another, as an argument")
    })?;
    let mut stop_signal = stop_signals()?;
    println!("Server running on http://{}", listener.local_addr()?);

    let stop = CancellationToken::new();
    let app = Router::new().route("/", get(handler));
    let server = axum::serve(listener, app).with_graceful_shutdown(stop.clone().cancelled_owned());
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

#[derive(Serialize)]
struct Response {
    message: &'static str,
}

async fn handler() -> Json<Response> {
    Json(Response {
        message: "Hello, World!",
    })
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
