//! Run an `axum` server in production: limits, timeouts, clean shutdown.
//!
//! `hello` is the same server in its simplest form. This one adds:
//!
//! - a limit of 1,000 connections; more clients wait in the system's queue;
//! - a limit of 10 s for an idle connection and for the head of a request (its
//!   first line and headers); `axum::serve` (0.8) has none, so `hyper`
//!   serves here;
//! - a limit of 10 s for a client that does not read its answer;
//! - on Ctrl-C or SIGTERM (which `kill` sends), 3 s for requests in progress; a
//!   second signal exits immediately.
//!
//! Unlike `axum::serve`, it has no WebSockets, no HTTP/2 and no `ConnectInfo`.
//!
//! ```console
//! $ cargo run -p examples-http --bin hello_server &
//! Server running on http://127.0.0.1:3000
//! $ curl -s -w '\n' http://127.0.0.1:3000/
//! {"message":"Hello, World!"}
//! $ kill -INT %1
//! stopped: all requests were answered
//! ```
//!
//! One client can take all 1,000 connections: let a proxy limit each address.
//! To limit the size of a body and the time of a handler, see `users`.
//!
//! The part to reuse starts at `serve`. Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,net,rt-multi-thread,signal,sync,time
//! cargo add hyper -F http1,server
//! cargo add hyper-util -F server-graceful,service,tokio
//! cargo add serde -F derive
//! cargo add anyhow axum tokio-io-timeout
//! ```

use std::env;
use std::io::{self, Write};
use std::time::Duration;

use anyhow::anyhow;
use axum::routing::get;
use axum::{Json, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::sleep;
use tokio_io_timeout::TimeoutWriter;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let app = Router::new().route("/", get(handler));

    let address = env::args().nth(1).unwrap_or("127.0.0.1:3000".into());
    let listener = listen(&address).await?;
    let stop = StopSignals::new()?;
    println!("Server running on http://{}", listener.local_addr()?);
    serve(listener, app, stop).await;
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

/// Serves until a signal, then lets the requests in progress finish.
async fn serve(listener: TcpListener, app: Router, mut stop: StopSignals) {
    // `with_state` builds the layers now, not again for each request.
    let app = app.with_state(());
    let graceful = GracefulShutdown::new();
    tokio::select! {
        () = accept_loop(&listener, &app, &graceful) => {}
        () = stop.recv() => {}
    }
    // From now on, new connections are refused.
    drop(listener);
    let stopped = tokio::select! {
        () = graceful.shutdown() => "all requests were answered",
        () = sleep(DRAIN_TIMEOUT) => "open connections were closed",
        () = stop.recv() => "open connections were closed",
    };
    log(&format!("stopped: {stopped}"));
}

/// Accepts connections, and serves each one in a task of its own.
async fn accept_loop(listener: &TcpListener, app: &Router, graceful: &GracefulShutdown) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT);
    loop {
        let permit = PERMITS.acquire().await.expect("nothing closes it");
        match listener.accept().await {
            Ok((stream, _)) => {
                let mut stream = TimeoutWriter::new(stream);
                stream.set_timeout(Some(WRITE_TIMEOUT));
                // hyper needs a stream that can be moved (`Unpin`): a box.
                let stream = TokioIo::new(Box::pin(stream));
                let service = TowerToHyperService::new(app.clone());
                // `graceful.shutdown` waits for this connection.
                let connection = graceful.watch(http.serve_connection(stream, service));
                tokio::spawn(async move {
                    // An error means that the client has left, was too slow, or
                    // did not speak HTTP.
                    let _ = connection.await;
                    drop(permit);
                });
            }
            Err(error) => {
                // An error such as "too many open files" lasts for a while.
                log(&format!("cannot accept: {error}"));
                sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

/// Each connection holds a permit. A connection is an open file, of which Linux
/// allows a process 1,024 by default.
static PERMITS: Semaphore = Semaphore::const_new(1000);
/// How long the head of a client's next request may take, idle time included.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client may read nothing of its answer.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long requests in progress may take after a signal.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(3);

/// Writes a line to standard error; unlike `eprintln!`, it does not panic when
/// nobody reads it.
fn log(message: &str) {
    let _ = io::stderr().write_all(format!("{message}\n").as_bytes());
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
