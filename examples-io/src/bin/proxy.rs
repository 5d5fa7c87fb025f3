//! Forward TCP connections to another server, both ways at once.
//!
//! The end of each direction is passed on by itself: a client that half-closes
//! still gets its answer. A server that is down or resets must not look like a
//! short answer, so the client is reset as well. Silence both ways ends a
//! connection after one to two minutes. `copy_bidirectional_with_sizes` copies
//! no faster, but a connection that waits then holds 122 KB instead of 2.
//!
//! ```console
//! $ cargo run -p examples-io --bin echo &
//! listening on 127.0.0.1:8080
//! $ cargo run -p examples-io --bin proxy 127.0.0.1:8081 127.0.0.1:8080 &
//! listening on 127.0.0.1:8081 to forward to 127.0.0.1:8080
//! $ echo hello | cargo run -q -p examples-io --bin connect 127.0.0.1:8081
//! hello
//! $ kill -INT %1
//! stopped: 0 drained, 0 cut
//! $ cargo run -q -p examples-io --bin connect 127.0.0.1:8081  # exit 1
//! 127.0.0.1:[..]: cannot reach 127.0.0.1:8080: Connection refused (os error [..])
//! Error: [..]127.0.0.1:8081: [..]
//! $ kill -INT %2
//! stopped: 0 drained, 0 cut
//! ```
//!
//! Copy it with
//! `cargo add tokio -F io-util,macros,net,rt,signal,time` and
//! `cargo add anyhow`.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;
use std::{env, io, net::SocketAddr};

use anyhow::{Context, anyhow};
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};

/// Further clients wait in the backlog, unaccepted. Each takes two sockets.
const MAX_CONNECTIONS: usize = 8192;
/// With the default of 128, a burst of clients waits for seconds.
const BACKLOG: u32 = 4096;
/// A connection has one for each way, while data are under way.
const BUFFER: usize = 64 * 1024;
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
const IDLE_LIMIT: Duration = Duration::from_secs(60);
const DRAIN_LIMIT: Duration = Duration::from_secs(3);

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let address = env::args().nth(1).unwrap_or("127.0.0.1:8081".into());
    let upstream = env::args().nth(2).unwrap_or("127.0.0.1:8080".into());
    let upstream: SocketAddr = upstream
        .parse()
        .map_err(|error| anyhow!("cannot forward to {upstream}: {error}"))?;
    let listener = listen(&address).map_err(|error| {
        anyhow!("cannot listen on {address}: {error}; give a free one as argument")
    })?;
    let mut stop_signal = stop_signals()?;
    println!(
        "listening on {} to forward to {upstream}",
        listener.local_addr()?
    );

    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(),
                if connections.len() < MAX_CONNECTIONS =>
            match accepted {
                Ok((client, peer)) => {
                    connections.spawn(serve(client, peer, upstream));
                }
                Err(error) => {
                    log(&format!("cannot accept for now: {error}"));
                    // The error stays until a connection ends: do not spin.
                    sleep(Duration::from_secs(1)).await;
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
        && let Ok(Ok((client, peer))) = timeout(Duration::ZERO, listener.accept()).await
    {
        connections.spawn(serve(client, peer, upstream));
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

fn listen(address: &str) -> anyhow::Result<TcpListener> {
    let address: SocketAddr = address.parse()?;
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

async fn serve(mut client: TcpStream, peer: SocketAddr, upstream: SocketAddr) {
    if let Err(error) = forward(&mut client, upstream).await {
        log(&format!("{peer}: {error:#}"));
        // A plain close would tell the client that it has the whole answer. If
        // this fails, the client is gone.
        let _ = client.set_zero_linger();
    }
}

async fn forward(client: &mut TcpStream, upstream: SocketAddr) -> anyhow::Result<()> {
    let mut server = connect(upstream)
        .await
        .with_context(|| format!("cannot reach {upstream}"))?;
    // Do not hold back a short message in the hope of more.
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    if let Err(error) = copy_both_ways(client, &mut server).await {
        // Nor has the server the whole request.
        let _ = server.set_zero_linger();
        return Err(error.into());
    }
    Ok(())
}

async fn connect(upstream: SocketAddr) -> io::Result<TcpStream> {
    timeout(CONNECT_LIMIT, TcpStream::connect(upstream)).await?
}

async fn copy_both_ways(client: &mut TcpStream, server: &mut TcpStream) -> io::Result<()> {
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let active = AtomicBool::new(true);
    let copy_all = async {
        tokio::try_join!(
            copy_one_way(&mut from_client, &mut to_server, &active),
            copy_one_way(&mut from_server, &mut to_client, &active),
        )
    };
    let silence = async {
        while active.swap(false, Relaxed) {
            sleep(IDLE_LIMIT).await;
        }
    };
    tokio::select! {
        copied = copy_all => copied.map(drop),
        () = silence => Err(io::ErrorKind::TimedOut.into()),
    }
}

async fn copy_one_way(
    from: &mut ReadHalf<'_>,
    to: &mut WriteHalf<'_>,
    active: &AtomicBool,
) -> io::Result<()> {
    loop {
        // Only when there is something to read is there a buffer for it.
        from.readable().await?;
        let mut buffer = Vec::with_capacity(BUFFER);
        let count = match from.try_read_buf(&mut buffer) {
            // If the last read filled its buffer exactly, there may be no more:
            // `read_buf` would wait for it with this buffer in its hand.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            read => read?,
        };
        if count == 0 {
            return to.shutdown().await;
        }
        active.store(true, Relaxed);
        to.write_all(&buffer).await?;
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
