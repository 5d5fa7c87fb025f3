//! Serve chat rooms with `broadcast`: a slow reader holds up nobody.
//!
//! The first line of a client names a room and the member. In a room
//!
//! - all members share one copy of the last 128 lines, so a member that does
//!   not read costs no memory of its own;
//! - a member more than 128 lines behind loses the oldest, and learns how many;
//! - the server reads from a member only when that member has taken all lines,
//!   so one that sends a lot and reads nothing stops itself.
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
//! To serve thousands of clients, see `hardened_echo`. To notice a member whose
//! network is gone, see `heartbeat`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F io-util,macros,net,rt,signal,sync,time
//! cargo add tokio-util -F codec
//! cargo add futures-util --no-default-features -F sink
//! cargo add anyhow
//! ```

mod room;

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;
use std::{env, io, net::SocketAddr};

use anyhow::anyhow;
use room::{Rooms, take_part};
use tokio::io::{AsyncWriteExt, copy, sink};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};

const MAX_CONNECTIONS: usize = 1000; // often 1024 open files are allowed
/// For an error to reach a client that still sends.
const REFUSE_TIMEOUT: Duration = Duration::from_secs(1);
const DRAIN_TIMEOUT: Duration = Duration::from_secs(3);

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let address = env::args().nth(1).unwrap_or("127.0.0.1:8080".into());
    let listener = listen(&address).await?;
    let mut stop = StopSignals::new()?;
    println!("listening on {}", listener.local_addr()?);

    let rooms = Arc::new(Rooms::default());
    let mut connections = JoinSet::new();
    // Kept over rounds, or the end of a connection would cut short its pause.
    let mut accepted = Box::pin(accept(&listener));
    loop {
        tokio::select! {
            (stream, _) = &mut accepted, if connections.len() < MAX_CONNECTIONS => {
                accepted.set(accept(&listener));
                connections.spawn(serve(stream, rooms.clone()));
            }
            Some(ended) = connections.join_next() => report_panic(ended),
            () = stop.recv() => break,
        }
    }
    drop(accepted);
    drop(listener);
    let open = connections.len();
    if open > 0 {
        log(&format!("stopping: {open} connections still open"));
    }
    let drain = async {
        while let Some(ended) = connections.join_next().await {
            report_panic(ended);
        }
    };
    tokio::select! {
        () = drain => {}
        () = sleep(DRAIN_TIMEOUT) => {}
        () = stop.recv() => {}
    }
    let cut = connections.len();
    log(&format!("stopped: {} drained, {cut} cut", open - cut));
    Ok(())
}

async fn serve(mut stream: TcpStream, rooms: Arc<Rooms>) {
    // Send a short line now, without waiting for more to send with it. An error
    // means that the client is gone.
    let _ = stream.set_nodelay(true);
    if let Err(error) = take_part(&mut stream, &rooms).await {
        // Also then, nobody is there to read this.
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

/// Accepts the next connection. An error such as "too many open files" lasts
/// for a while, so wait before the next try.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => log(&format!("cannot accept: {error}")),
        }
        sleep(Duration::from_secs(1)).await;
    }
}

/// A panic in one task must not take down the others.
fn report_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        log(&format!("a connection's task failed: {error}"));
    }
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
