//! Forward HTTP requests to another server with `hyper-util`.
//!
//! The other server is called the upstream server. The proxy passes bodies on
//! piece by piece in both directions, so they never fill the memory. It also:
//!
//! - drops the headers that are meant for one connection only (hop-by-hop
//!   headers), and adds the client's address to `X-Forwarded-For`;
//! - answers 502 if the upstream server is down, and logs each outage once;
//! - answers 504 if the upload and the wait for the answer take 30 s together;
//! - answers 501 to a WebSocket, because it forwards no upgrades (changes of
//!   the protocol);
//! - closes the client's connection if an answer breaks off, if the answer
//!   pauses for 30 s, or if the client pauses for 10 s;
//! - limits request headers to 16 KiB, uploads to 10 MB, connections to 500;
//! - on Ctrl-C or SIGTERM, allows 3 s for requests in progress; a second signal
//!   exits immediately.
//!
//! ```console
//! $ cargo run -p examples-http --bin hello &
//! Server running on http://127.0.0.1:3000
//! $ cargo run -p examples-http --bin reverse_proxy 127.0.0.1:3001 127.0.0.1:3000 &
//! forwarding http://127.0.0.1:3001 to http://127.0.0.1:3000
//! $ curl -sw ' (%{http_code})\n' http://127.0.0.1:3001/
//! {"message":"Hello, World!"} (200)
//! $ curl -s -w '\n' http://127.0.0.1:3001/ -H 'connection: upgrade' -H 'upgrade: websocket'
//! 501 Not Implemented
//! $ kill -INT %1
//! $ curl -s -w '\n' http://127.0.0.1:3001/
//! cannot reach 127.0.0.1:3000: Connection refused (os error [..])
//! 502 Bad Gateway
//! $ kill -INT %2
//! stopped: all requests were answered
//! ```
//!
//! To forward any TCP connection, see `proxy`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,net,rt-multi-thread,signal,sync,time
//! cargo add hyper -F client,http1,server
//! cargo add hyper-util -F client-legacy,http1,server-graceful,service,tokio
//! cargo add tower-http -F timeout
//! cargo add anyhow http-body-util tokio-io-timeout
//! ```

mod forward;

use std::convert::Infallible;
use std::env;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::sleep;
use tokio_io_timeout::TimeoutWriter;

use forward::Upstream;

/// Each connection holds a permit; others wait in the system's queue. One takes
/// two sockets, and often a process may have only 1,024 open files.
static PERMITS: Semaphore = Semaphore::const_new(500);
/// The largest head of a request (its first line and headers), and the largest
/// piece of a body.
const MAX_BUFFER: usize = 16 * 1024;
/// How long a client may take to send the head of its next request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// A client that reads nothing of its answer for this long is disconnected.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long requests in progress may take after a signal.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(3);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let address = env::args().nth(1).unwrap_or("127.0.0.1:3001".into());
    let upstream = env::args().nth(2).unwrap_or("127.0.0.1:3000".into());
    let authority = upstream.parse();
    let authority = authority.with_context(|| format!("{upstream} is not HOST:PORT"))?;
    let listener = listen(&address).await?;
    let mut stop = StopSignals::new()?;
    let local = listener.local_addr()?;
    println!("forwarding http://{local} to http://{upstream}");

    let upstream = Arc::new(Upstream::new(authority));
    let graceful = GracefulShutdown::new();
    tokio::select! {
        () = accept_loop(&listener, &upstream, &graceful) => {}
        () = stop.recv() => {}
    }
    drop(listener);
    let stopped = tokio::select! {
        () = graceful.shutdown() => "all requests were answered",
        () = sleep(DRAIN_TIMEOUT) => "open connections were closed",
        () = stop.recv() => "open connections were closed",
    };
    log(&format!("stopped: {stopped}"));
    Ok(())
}

/// Accepts connections, and serves each one in a task of its own.
async fn accept_loop(
    listener: &TcpListener,
    upstream: &Arc<Upstream>,
    graceful: &GracefulShutdown,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(MAX_BUFFER);
    loop {
        let permit = PERMITS.acquire().await.expect("nothing closes it");
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Small pieces are sent immediately.
                let _ = stream.set_nodelay(true);
                let mut stream = TimeoutWriter::new(stream);
                stream.set_timeout(Some(WRITE_TIMEOUT));
                // hyper needs a stream that is `Unpin`. A `TimeoutWriter` is
                // not, but a pinned box is.
                let stream = TokioIo::new(Box::pin(stream));
                let upstream = Arc::clone(upstream);
                let service = service_fn(move |request| {
                    let upstream = Arc::clone(&upstream);
                    async move { Ok::<_, Infallible>(upstream.answer(peer.ip(), request).await) }
                });
                let connection = graceful.watch(http.serve_connection(stream, service));
                tokio::spawn(async move {
                    // An error means that one side has left, was too slow, or
                    // did not speak HTTP.
                    let _ = connection.await;
                    drop(permit); // The task has held it until now.
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

async fn listen(address: &str) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| {
        anyhow!("cannot listen on {address}: {error}; give another address as an argument")
    })
}

/// Writes a line to standard error; unlike `eprintln!`, it does not panic when
/// nobody reads it.
fn log(message: &str) {
    let _ = io::stderr().write_all(format!("{message}\n").as_bytes());
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
