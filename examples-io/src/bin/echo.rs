//! Serve a TCP echo with one task for each connection.
//!
//! It echoes until a client's end of input, and could be left running: a client
//! that resets ends nothing but its own task, one that stalls is closed after a
//! minute, and "too many open files" is waited out. A connection that waits for
//! input holds no buffer, so 10,000 of them take 13 MB (and `ulimit -n 10240`).
//! At Ctrl-C or SIGTERM it takes in who waits in the backlog, refuses who comes
//! later, and gives its clients 3 s; the second signal ends it at once. One
//! thread is enough: it only hands bytes on, and to hand tasks to a second
//! thread takes a fifth more processor time.
//!
//! ```console
//! $ cargo run -p examples-io --bin echo &
//! listening on 127.0.0.1:8080
//! $ echo hello | cargo run -q -p examples-io --bin connect 127.0.0.1:8080
//! hello
//! $ seq 100000 | cargo run -q -p examples-io --bin connect 127.0.0.1:8080 | wc -l
//! 100000
//! $ cargo run -q -p examples-io --bin echo 127.0.0.1:8080  # exit 1
//! Error: cannot listen on 127.0.0.1:8080: [..]; try another, as an argument
//! $ kill -INT %1
//! stopped: 0 drained, 0 cut
//! ```
//!
//! Copy it with
//! `cargo add tokio -F io-util,macros,net,rt,signal,time` and
//! `cargo add anyhow`.

use std::io::Write;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;
use std::{env, io};

use anyhow::{Context, anyhow};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream, lookup_host};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep, timeout};

/// Further clients wait in the backlog, unaccepted.
const MAX_CONNECTIONS: usize = 16_384;
/// With the default of 128, a burst of clients waits for seconds.
const BACKLOG: u32 = 4096;
/// Of 64 KiB, a write over loopback would send a second, tiny segment.
const BUFFER: usize = 32 * 1024;
const IDLE_LIMIT: Duration = Duration::from_secs(60);
const DRAIN_LIMIT: Duration = Duration::from_secs(3);

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let address = env::args().nth(1).unwrap_or("127.0.0.1:8080".into());
    let listener = listen(&address).await.map_err(|error| {
        anyhow!("cannot listen on {address}: {error}; try another, as an argument")
    })?;
    let mut stop_signal = stop_signals()?;
    println!("listening on {}", listener.local_addr()?);

    let mut connections = JoinSet::new();
    let mut next_complaint = Instant::now();
    loop {
        tokio::select! {
            accepted = listener.accept(),
                if connections.len() < MAX_CONNECTIONS =>
            match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(serve(stream, peer));
                }
                Err(error) => {
                    if next_complaint <= Instant::now() {
                        log(&format!("cannot accept for now: {error}"));
                        next_complaint = Instant::now() + IDLE_LIMIT;
                    }
                    // The error stays until a connection ends: do not spin.
                    sleep(Duration::from_millis(100)).await;
                }
            },
            Some(ended) = connections.join_next() => report(ended),
            () = stop_signal() => break,
        }
    }

    while let Some(ended) = connections.try_join_next() {
        report(ended);
    }
    // Closing the listener would reset those who are still in its backlog.
    while connections.len() < MAX_CONNECTIONS
        && let Ok(Ok((stream, peer))) = timeout(Duration::ZERO, listener.accept()).await
    {
        connections.spawn(serve(stream, peer));
    }
    drop(listener);
    let open = connections.len();
    if open > 0 {
        log(&format!(
            "stopping: {open} connections have {DRAIN_LIMIT:?}"
        ));
    }
    let drain = async {
        while let Some(ended) = connections.join_next().await {
            report(ended);
        }
    };
    tokio::select! {
        () = drain => {}
        () = sleep(DRAIN_LIMIT) => {}
        () = stop_signal() => {}
    }
    let cut = connections.len();
    connections.shutdown().await;
    log(&format!("stopped: {} drained, {cut} cut", open - cut));
    Ok(())
}

async fn listen(address: &str) -> anyhow::Result<TcpListener> {
    let mut addresses = lookup_host(address).await?;
    let address = addresses.next().context("a name without an address")?;
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // Unix would keep the port from a restart for a minute; Windows would let
    // another program take it away.
    socket.set_reuseaddr(cfg!(unix))?;
    socket.bind(address)?;
    Ok(socket.listen(BACKLOG)?)
}

async fn serve(stream: TcpStream, peer: SocketAddr) {
    if let Err(error) = echo(stream).await {
        log(&format!("{peer}: {error}"));
    }
}

async fn echo(mut stream: TcpStream) -> io::Result<()> {
    // Do not hold back a short answer in the hope of more.
    stream.set_nodelay(true)?;
    // Put off for each message, which is cheaper than a new timeout.
    let mut idle = pin!(sleep(IDLE_LIMIT));
    loop {
        tokio::select! {
            biased;
            count = echo_once(&mut stream) => match count? {
                0 => return Ok(()),
                _ => idle.as_mut().reset(Instant::now() + IDLE_LIMIT),
            },
            () = &mut idle => {
                let reason = format!("idle for {IDLE_LIMIT:?}");
                return Err(io::Error::new(io::ErrorKind::TimedOut, reason));
            }
        }
    }
}

async fn echo_once(stream: &mut TcpStream) -> io::Result<usize> {
    loop {
        // Only when there is something to read is there a buffer to read it to,
        // and while a client does not take its answer.
        stream.readable().await?;
        let mut buffer = Vec::with_capacity(BUFFER);
        // If the last read filled its buffer exactly, there may be no more: do
        // not wait for it with this buffer in hand.
        let read = timeout(Duration::ZERO, stream.read_buf(&mut buffer));
        if let Ok(read) = read.await {
            let count = read?;
            stream.write_all(&buffer).await?;
            return Ok(count);
        }
    }
}

/// The panic of one task is no reason to end the others.
fn report(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        log(&format!("a connection's task failed: {error}"));
    }
}

/// Unlike `eprintln!`, this does not panic if nobody reads standard error, and
/// writes a line as a whole.
fn log(text: &str) {
    let _ = io::stderr().write_all(format!("{text}\n").as_bytes());
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
