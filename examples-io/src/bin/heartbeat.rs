//! Detect a dead peer with a ping at each `interval` and a deadline.
//!
//! The client below answers only the first ping. The server hangs up 300 ms
//! after the second one. Without pings, `read` would wait forever: a machine
//! that loses its power or its network does not close its connections.
//!
//! - Any line counts as an answer.
//! - The deadline also covers sending a ping: a peer that does not read would
//!   make the server wait.
//! - If the server was paused or overloaded, it sends one ping, and the peer
//!   again has 300 ms to answer.
//! - A peer that sends lines without a pause does not delay the others.
//! - Ctrl-C or SIGTERM closes all connections: here no work can be lost.
//!
//! ```console
//! $ cargo run -p examples-io --bin heartbeat &
//! listening on 127.0.0.1:8080
//! $ (sleep 0.1; echo pong; sleep 1) | cargo run -q -p examples-io --bin connect 127.0.0.1:8080
//! ping
//! ping                                              # 200 ms
//! ping                                              # 400 ms
//! 127.0.0.1:[..] is gone: no answer within 300ms    # 500 ms
//! $ kill -INT %1
//! stopped: 0 cut
//! ```
//!
//! Between machines, use seconds: sending a lost packet again can take longer
//! than 300 ms. To come back after a lost connection, see `reconnect`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,net,rt-multi-thread,signal,sync,time
//! cargo add tokio-util -F codec,rt
//! cargo add futures-util --no-default-features -F sink
//! cargo add anyhow socket2
//! ```

use std::io::{self, Write};
use std::net::SocketAddr;
use std::{env, time::Duration};

use anyhow::{Context, anyhow, bail};
use futures_util::{SinkExt, TryStreamExt};
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::consume_budget;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until, timeout_at};
use tokio_util::codec::{Framed, LinesCodec};
use tokio_util::task::TaskTracker;

const PING_INTERVAL: Duration = Duration::from_millis(200);
const PONG_TIMEOUT: Duration = Duration::from_millis(300);
/// A pong is shorter; a longer line closes its connection.
const MAX_LINE: usize = 80;
/// Each connection holds a permit, and takes 10 KB. Further peers wait in the
/// backlog.
static PERMITS: Semaphore = Semaphore::const_new(2048);
/// All peers of a server may come back at the same moment; the default is 128.
const BACKLOG: i32 = 4096;

#[tokio::main]
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
    // Returning drops the connections, which closes them.
    log(&format!("stopped: {} cut", connections.len()));
    Ok(())
}

/// Accepts connections, and serves each one in a task of its own.
async fn accept_loop(listener: &TcpListener, connections: &TaskTracker) {
    loop {
        let permit = PERMITS.acquire().await.expect("nothing closes it");
        match listener.accept().await {
            Ok((stream, peer)) => {
                connections.spawn(async move {
                    serve(stream, peer).await;
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

async fn serve(stream: TcpStream, peer: SocketAddr) {
    // If peers come and go all the time, count them instead.
    match watch(stream).await {
        Ok(()) => log(&format!("{peer} has left")),
        Err(error) => log(&format!("{peer} is gone: {error}")),
    }
}

async fn watch(stream: TcpStream) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let mut lines = Framed::new(stream, LinesCodec::new_with_max_length(MAX_LINE));
    let mut pings = interval(PING_INTERVAL);
    // Send one ping after a stall, not all those that were missed.
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut answered = true;
    let mut deadline = Instant::now();
    loop {
        tokio::select! {
            // `biased` polls in this order: even a flood of lines delays no
            // ping, and if a line and the deadline come together, the line
            // counts.
            biased;
            due = pings.tick() => {
                // The sum is the time since the last ping. After a stall, an
                // answer may have arrived that was not read.
                let stalled = PING_INTERVAL + due.elapsed() > PONG_TIMEOUT;
                if answered || stalled {
                    answered = false;
                    deadline = Instant::now() + PONG_TIMEOUT;
                }
                let sent = timeout_at(deadline, lines.send("ping")).await;
                sent.context("it does not read")??;
            }
            line = lines.try_next() => {
                if line?.is_none() {
                    return Ok(());
                }
                answered = true;
                // Many lines can arrive in one packet: let other tasks run too.
                consume_budget().await;
            }
            () = sleep_until(deadline), if !answered => {
                bail!("no answer within {PONG_TIMEOUT:?}");
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
