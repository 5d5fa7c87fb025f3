//! Notice a peer that has gone silent, with a ping and a deadline.
//!
//! A peer that loses its power or its network sends no goodbye: `read` waits
//! for ever. So the server pings every 200 ms, and each line that comes, a pong
//! at least, puts off the peer's end; 300 ms without one, and it is gone. The
//! deadline holds for the ping too: a peer that does not read makes the write
//! wait, and would stop the check with it.
//!
//! ```console
//! $ cargo run -p examples-io --bin heartbeat &
//! listening on 127.0.0.1:8080
//! $ (echo pong; sleep 1) | cargo run -q -p examples-io --bin connect 127.0.0.1:8080
//! ping
//! ping                                        # 200 ms
//! 127.0.0.1:[..] is gone: silent for 300ms    # 300 ms
//! $ kill -INT %1
//! stopped: 0 cut
//! ```
//!
//! Between machines take seconds: a packet lost on the way is sent again after
//! 200 ms at the earliest.
//!
//! Copy it with
//! `cargo add tokio -F macros,net,rt-multi-thread,signal,time`,
//! `cargo add tokio-util -F codec`,
//! `cargo add futures-util --no-default-features -F sink` and
//! `cargo add anyhow`.

use std::io::Write;
use std::time::Duration;
use std::{env, io, net::SocketAddr};

use anyhow::{anyhow, bail};
use futures_util::{SinkExt, TryStreamExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, interval, sleep, sleep_until, timeout_at};
use tokio_util::codec::{Framed, LinesCodec};

const PING: Duration = Duration::from_millis(200);
const SILENCE: Duration = Duration::from_millis(300);
/// A pong is shorter; a longer line ends its connection.
const MAX_LINE: usize = 80;
/// Each takes 10 KB; further peers wait in the backlog, unaccepted.
const MAX_CONNECTIONS: usize = 2048;
/// With the default of 128, a burst of peers waits for seconds.
const BACKLOG: u32 = 4096;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let address = env::args().nth(1).unwrap_or("127.0.0.1:8080".into());
    let listener =
        listen(&address).map_err(|error| anyhow!("cannot listen on {address}: {error}"))?;
    let mut stop_signal = stop_signals()?;
    println!("listening on {}", listener.local_addr()?);

    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(),
                if connections.len() < MAX_CONNECTIONS =>
            match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(serve(stream, peer));
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

    drop(listener);
    while let Some(ended) = connections.try_join_next() {
        report(ended);
    }
    // A ping is nothing that would have to be finished first.
    let cut = connections.len();
    connections.shutdown().await;
    log(&format!("stopped: {cut} cut"));
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

async fn serve(stream: TcpStream, peer: SocketAddr) {
    match watch(stream).await {
        Ok(()) => log(&format!("{peer} has left")),
        Err(error) => log(&format!("{peer} is gone: {error}")),
    }
}

async fn watch(stream: TcpStream) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let codec = LinesCodec::new_with_max_length(MAX_LINE);
    let mut lines = Framed::new(stream, codec);
    let mut pings = interval(PING);
    let mut deadline = Instant::now() + SILENCE;
    loop {
        tokio::select! {
            // A flood of lines keeps no ping from going out, and on a stalled
            // machine what has come counts before the end.
            biased;
            _ = pings.tick() => {
                let sent = timeout_at(deadline, lines.send("ping")).await;
                sent.map_err(|_| anyhow!("it does not read"))??;
            }
            line = lines.try_next() => match line? {
                Some(_) => deadline = Instant::now() + SILENCE,
                None => return Ok(()),
            },
            () = sleep_until(deadline) => bail!("silent for {SILENCE:?}"),
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
