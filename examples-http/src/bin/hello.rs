//! Answer `GET /` with JSON from an `axum` server.
//!
//! `curl` gets `{"message":"Hello, World!"}`. (`-i` shows the headers.) The
//! server listens on 127.0.0.1, which only this machine can reach. With the
//! argument `0.0.0.0:3000` the whole network can. If the port is taken, the
//! server says so and exits. Ctrl-C stops it immediately, even in the middle of
//! a request.
//!
//! ```console
//! $ cargo run -p examples-http --bin hello &
//! Server running on http://127.0.0.1:3000
//! $ curl -si -w '\n' http://127.0.0.1:3000/
//! HTTP/1.1 200 OK
//! content-type: application/json
//! content-length: 27
//! ...
//! {"message":"Hello, World!"}
//! $ cargo run -p examples-http --bin hello 127.0.0.1:3000
//! Error: cannot listen on 127.0.0.1:3000: Address already in use [..]; give another address as an argument
//! # exit 1
//! $ kill -INT %1
//! ```
//!
//! To let open requests finish, and to limit connections, see `hello_server`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,net,rt-multi-thread,signal
//! cargo add serde -F derive
//! cargo add anyhow axum
//! ```

use std::{env, io};

use anyhow::anyhow;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let app = Router::new().route("/", get(handler));

    let address = env::args().nth(1).unwrap_or("127.0.0.1:3000".into());
    let listener = listen(&address).await?;
    let mut ctrl_c = ctrl_c()?;
    println!("Server running on http://{}", listener.local_addr()?);
    // On Ctrl-C, `select!` drops the server, and `main` returns. Otherwise
    // Ctrl-C would kill the program, and its status would tell of a failure.
    tokio::select! {
        served = axum::serve(listener, app) => served?,
        _ = ctrl_c.recv() => {}
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
