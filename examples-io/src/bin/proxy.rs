//! Forward TCP connections to another server with `copy_bidirectional`.
//!
//! Until the echo server is stopped, it answers through the proxy. The proxy
//!
//! - passes on a half-close: a client that stops sending can still read the
//!   answer;
//! - resets (breaks off) the client if the server is down or resets: after a
//!   plain close, half an answer would look like a whole one;
//! - resets both sides after 60 to 120 s in which neither sent anything;
//! - reports an outage once, not once for each client.
//!
//! ```console
//! $ cargo run -p examples-io --bin echo &
//! listening on 127.0.0.1:8080
//! $ cargo run -p examples-io --bin proxy 127.0.0.1:8081 127.0.0.1:8080 &
//! forwarding 127.0.0.1:8081 to 127.0.0.1:8080
//! $ echo hello | cargo run -q -p examples-io --bin connect 127.0.0.1:8081
//! hello
//! $ kill -INT %1
//! $ cargo run -q -p examples-io --bin connect 127.0.0.1:8081
//! cannot reach 127.0.0.1:8080: Connection refused (os error [..])
//! Error: [..]127.0.0.1:8081: [..]  # exit 1
//! $ kill -INT %2
//! stopped: 0 drained, 0 cut
//! ```
//!
//! To serve thousands of clients, see `hardened_echo`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F io-util,macros,net,rt,signal,sync,time
//! cargo add tokio-util -F io,rt
//! cargo add anyhow
//! ```

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;
use std::{env, io};

use anyhow::anyhow;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::io::InspectReader;
use tokio_util::task::TaskTracker;

/// Each client holds a permit. Further ones wait in the backlog. A client takes
/// two sockets, and often a process may open only 1024 files.
static PERMITS: Semaphore = Semaphore::const_new(500);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
const DRAIN_TIMEOUT: Duration = Duration::from_secs(3);

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let address = env::args().nth(1).unwrap_or("127.0.0.1:8081".into());
    let upstream = env::args().nth(2).unwrap_or("127.0.0.1:8080".into());
    let listener = listen(&address).await?;
    let mut stop = StopSignals::new()?;
    println!("forwarding {} to {upstream}", listener.local_addr()?);

    let upstream = Arc::new(Upstream {
        address: upstream,
        is_down: AtomicBool::new(false),
    });
    let connections = TaskTracker::new();
    tokio::select! {
        () = accept_loop(&listener, &connections, upstream) => {}
        () = stop.recv() => {}
    }
    drop(listener);
    let open = connections.len();
    if open > 0 {
        log(&format!("stopping: {open} connections still open"));
    }
    // `wait` returns when the tracker is closed and all its tasks are done.
    connections.close();
    tokio::select! {
        () = connections.wait() => {}
        () = sleep(DRAIN_TIMEOUT) => {}
        () = stop.recv() => {}
    }
    let cut = connections.len();
    log(&format!("stopped: {} drained, {cut} cut", open - cut));
    Ok(())
}

/// Accepts connections, and serves each one in a task of its own.
async fn accept_loop(listener: &TcpListener, connections: &TaskTracker, upstream: Arc<Upstream>) {
    loop {
        let permit = PERMITS.acquire().await.expect("nothing closes it");
        match listener.accept().await {
            Ok((client, _)) => {
                let upstream = upstream.clone();
                connections.spawn(async move {
                    serve(client, upstream).await;
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

struct Upstream {
    address: String,
    is_down: AtomicBool,
}

async fn connect(upstream: &Upstream) -> io::Result<TcpStream> {
    let address = &upstream.address;
    let connected = timeout(CONNECT_TIMEOUT, TcpStream::connect(address))
        .await
        .unwrap_or_else(|late| Err(late.into()));
    let was_down = upstream.is_down.swap(connected.is_err(), Relaxed);
    match &connected {
        Err(error) if !was_down => log(&format!("cannot reach {address}: {error}")),
        Ok(_) if was_down => log(&format!("reached {address} again")),
        _ => {}
    }
    connected
}

async fn serve(mut client: TcpStream, upstream: Arc<Upstream>) {
    let Ok(mut server) = connect(&upstream).await else {
        let _ = client.set_zero_linger();
        return;
    };
    if forward(&mut client, &mut server).await.is_err() {
        // A plain close would make half an answer or request look whole.
        let _ = client.set_zero_linger();
        let _ = server.set_zero_linger();
    }
}

async fn forward(client: &mut TcpStream, server: &mut TcpStream) -> io::Result<()> {
    // Pass on a short message now, without waiting for more to send with it.
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let active = AtomicBool::new(true);
    let mut client = InspectReader::new(client, |_| active.store(true, Relaxed));
    let mut server = InspectReader::new(server, |_| active.store(true, Relaxed));
    let idle = async {
        while active.swap(false, Relaxed) {
            sleep(IDLE_TIMEOUT).await;
        }
    };
    tokio::select! {
        copied = copy_bidirectional(&mut client, &mut server) => copied.map(drop),
        () = idle => Err(io::ErrorKind::TimedOut.into()),
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
