//! Run an echo server in production: limits, timeouts, clean shutdown.
//!
//! `echo` is the same server in its simplest form. This one adds:
//!
//! - a backlog (the queue for new clients) of 4096, so thousands can connect at
//!   the same time;
//! - a limit of 16,384 connections; further clients wait in the backlog;
//! - an idle timeout of 60 s;
//! - no buffer while a connection waits, so 10,000 idle ones take ~13 MB;
//! - `set_nodelay`, so a short answer is sent immediately;
//! - a short log: `cannot accept` at most once a minute, and no message when a
//!   connection breaks off;
//! - on Ctrl-C or SIGTERM, 3 s for open connections to finish before they are
//!   cut; a second signal exits immediately;
//! - one thread, which takes less processor time for each message.
//!
//! ```console
//! $ cargo run -p examples-io --bin hardened_echo &
//! listening on 127.0.0.1:8080
//! $ seq 100000 | cargo run -q -p examples-io --bin connect 127.0.0.1:8080 | tail -1
//! 100000
//! $ kill -INT %1
//! stopped: 0 drained, 0 cut
//! ```
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F io-util,macros,net,rt,signal,sync,time
//! cargo add tokio-util -F rt
//! cargo add anyhow socket2
//! ```

use std::io::{self, Write};
use std::{env, time::Duration};

use anyhow::anyhow;
use socket2::SockRef;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::coop::unconstrained;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::task::TaskTracker;

/// The default of 128 fills up in a burst of clients, which then wait a second
/// or more for their next try.
const BACKLOG: i32 = 4096;
/// Each connection holds a permit. Further clients wait in the backlog.
static PERMITS: Semaphore = Semaphore::const_new(16_384);
/// A write of 64 KiB over loopback would send a second, tiny segment.
const BUFFER_SIZE: usize = 32 * 1024;
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
const DRAIN_TIMEOUT: Duration = Duration::from_secs(3);

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let address = env::args().nth(1).unwrap_or("127.0.0.1:8080".into());
    let listener = listen(&address).await?;
    // Listening again sets another backlog.
    SockRef::from(&listener).listen(BACKLOG)?;
    let mut stop = StopSignals::new()?;
    println!("listening on {}", listener.local_addr()?);

    let connections = TaskTracker::new();
    tokio::select! {
        () = accept_loop(&listener, &connections) => {}
        () = stop.recv() => {}
    }

    // Closing the listener would reset the clients in the backlog. So accept
    // them first: with a timeout of zero, the loop stops when it has to wait.
    // `unconstrained` keeps Tokio from interrupting it before that.
    let backlog = unconstrained(accept_loop(&listener, &connections));
    let _ = timeout(Duration::ZERO, backlog).await;
    drop(listener);

    let open = connections.len();
    if open > 0 {
        log(&format!(
            "stopping: {open} connections have {DRAIN_TIMEOUT:?}"
        ));
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
    // Returning drops the connections that are left, which closes them.
    Ok(())
}

/// Accepts connections, and serves each one in a task of its own.
async fn accept_loop(listener: &TcpListener, connections: &TaskTracker) {
    let mut quiet_until = Instant::now();
    loop {
        let permit = PERMITS.acquire().await.expect("nothing closes it");
        match listener.accept().await {
            Ok((stream, _)) => {
                connections.spawn(async move {
                    // Clients reset connections all the time: a line about each
                    // would fill the log.
                    let _ = echo(stream).await;
                    drop(permit);
                });
            }
            Err(error) => {
                // "Too many open files" lasts until a connection closes.
                if quiet_until <= Instant::now() {
                    log(&format!("cannot accept: {error}"));
                    quiet_until = Instant::now() + Duration::from_secs(60);
                }
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn echo(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    // The first `?` is for a timeout, also of a client that reads too slowly.
    while timeout(IDLE_TIMEOUT, echo_once(&mut stream)).await?? > 0 {}
    Ok(())
}

/// Returns how many bytes it has sent: 0 when the client has sent everything.
async fn echo_once(stream: &mut TcpStream) -> io::Result<usize> {
    loop {
        // Allocate the buffer when there is something to read, not before.
        stream.readable().await?;
        let mut buffer = Vec::with_capacity(BUFFER_SIZE);
        match stream.try_read_buf(&mut buffer) {
            Ok(count) => {
                stream.write_all(&buffer).await?;
                return Ok(count);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
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
