//! Serve chat rooms with `broadcast`: a slow reader holds up nobody.
//!
//! The first line of a client names a room and the member. In a room
//!
//! - all members share one copy of the last 128 lines, so a member that does
//!   not read costs no memory of its own;
//! - a member more than 128 lines behind loses the oldest, and learns how many;
//! - the server reads from a member only when that member has taken all lines,
//!   so one that sends a lot and reads nothing stops itself;
//! - a member whose network is gone gives up its name after about 2 minutes.
//!
//! ```console
//! $ cargo run -p examples-io --bin chat &
//! listening on 127.0.0.1:8080
//! $ printf 'kitchen ann\nIs there tea?\n' | cargo run -q -p examples-io --bin connect 127.0.0.1:8080
//! * ann joined
//! ann: Is there tea?
//! $ echo hello | cargo run -q -p examples-io --bin connect 127.0.0.1:8080
//! ERROR begin with ROOM NAME, each of 1 to 20 letters a-z or digits
//! $ kill -INT %1
//! stopped: 0 drained, 0 cut
//! ```
//!
//! To serve thousands of clients, see `hardened_echo`. To notice sooner that a
//! peer is gone, see `heartbeat`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F io-util,macros,net,rt,signal,sync,time
//! cargo add tokio-util -F codec,rt
//! cargo add futures-util --no-default-features -F sink
//! cargo add socket2 -F all
//! cargo add anyhow
//! ```

mod room;

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;
use std::{env, io};

use anyhow::anyhow;
use room::{Rooms, take_part};
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncWriteExt, copy, sink};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;

/// Each connection holds a permit. Further clients wait in the backlog. Often
/// a process may open only 1024 files.
static PERMITS: Semaphore = Semaphore::const_new(1000);
/// The system asks a silent client whether it is there. Linux closes the
/// connection when no answer has come for `LOST_TIMEOUT`.
const KEEPALIVE: TcpKeepalive = TcpKeepalive::new()
    .with_time(Duration::from_secs(30))
    .with_interval(Duration::from_secs(10));
/// How long the system waits for a client to acknowledge a line or a question.
/// Linux would send a line again for about 15 minutes.
#[cfg(target_os = "linux")]
const LOST_TIMEOUT: Duration = Duration::from_secs(120);
/// How long an error may take to reach a client that still sends.
const REFUSE_TIMEOUT: Duration = Duration::from_secs(1);
const DRAIN_TIMEOUT: Duration = Duration::from_secs(3);

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let address = env::args().nth(1).unwrap_or("127.0.0.1:8080".into());
    let listener = listen(&address).await?;
    let mut stop = StopSignals::new()?;
    println!("listening on {}", listener.local_addr()?);

    let rooms = Arc::new(Rooms::default());
    let connections = TaskTracker::new();
    tokio::select! {
        () = accept_loop(&listener, &connections, rooms) => {}
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
async fn accept_loop(listener: &TcpListener, connections: &TaskTracker, rooms: Arc<Rooms>) {
    loop {
        let permit = PERMITS.acquire().await.expect("nothing closes it");
        match listener.accept().await {
            Ok((stream, _)) => {
                let rooms = rooms.clone();
                connections.spawn(async move {
                    serve(stream, rooms).await;
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

async fn serve(mut stream: TcpStream, rooms: Arc<Rooms>) {
    // Send a short line now, without waiting for more to send with it. An error
    // means that the client is gone.
    let _ = stream.set_nodelay(true);
    let _ = SockRef::from(&stream).set_tcp_keepalive(&KEEPALIVE);
    #[cfg(target_os = "linux")]
    let _ = SockRef::from(&stream).set_tcp_user_timeout(Some(LOST_TIMEOUT));
    if let Err(error) = take_part(&mut stream, &rooms).await {
        // If this fails too, the client is gone.
        let _ = timeout(REFUSE_TIMEOUT, refuse(&mut stream, error)).await;
    }
}

async fn refuse(stream: &mut TcpStream, error: anyhow::Error) -> io::Result<u64> {
    let text = format!("ERROR {error}\n");
    stream.write_all(text.as_bytes()).await?;
    stream.shutdown().await?;
    // Closing a socket with unread input resets the connection, and the client
    // may then lose the error: read the rest first.
    copy(stream, &mut sink()).await
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
