//! Serve a key-value store, one request a line, with `read_until`.
//!
//! A read ends where a packet does, seldom where a line does: `read_until`
//! reads as often as a line needs and leaves what came behind it. `take` bounds
//! it, or a line without end would fill the memory. A last line that was cut
//! off is refused, for half a `SET` must not be obeyed. While whole requests
//! wait, their replies are collected and go out in one write.
//!
//! ```console
//! $ cargo run -p examples-io --bin line_server &
//! listening on 127.0.0.1:8080
//! $ printf 'SET tea Earl Grey\nGET tea\nDEL tea\nGET tea\n' | cargo run -q -p examples-io --bin connect 127.0.0.1:8080
//! OK
//! OK Earl Grey
//! OK
//! NONE
//! $ printf 'BREW tea\nSET tea Ea' | cargo run -q -p examples-io --bin connect 127.0.0.1:8080
//! ERROR neither GET key nor SET key value nor DEL key: "BREW tea"
//! ERROR the last line was cut off
//! $ head -c 1000000 /dev/zero | cargo run -q -p examples-io --bin connect 127.0.0.1:8080
//! ERROR a line has at most 1024 bytes
//! $ kill -INT %1
//! stopped: 0 drained, 0 cut
//! ```
//!
//! Copy it with
//! `cargo add tokio -F io-util,macros,net,rt,signal,time` and
//! `cargo add anyhow`.

use std::collections::HashMap;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::{env, io, net::SocketAddr};

use anyhow::anyhow;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use tokio::io::{BufReader, BufWriter, copy, sink};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::{JoinError, JoinSet, consume_budget};
use tokio::time::{sleep, timeout};

/// Further clients wait in the backlog, unaccepted.
const MAX_CONNECTIONS: usize = 16_384;
/// With the default of 128, a burst of clients waits for seconds.
const BACKLOG: u32 = 4096;
/// A waiting connection takes three times as much, 3.5 KB.
const MAX_LINE: usize = 1024;
/// With the longest of values they take 16 MiB.
const MAX_KEYS: usize = 16_384;
/// For a whole line and its reply: one byte a second is no way to stay.
const LINE_LIMIT: Duration = Duration::from_secs(60);
const LINGER_LIMIT: Duration = Duration::from_secs(1);
const DRAIN_LIMIT: Duration = Duration::from_secs(3);

type Store = Mutex<HashMap<String, String>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let address = env::args().nth(1).unwrap_or("127.0.0.1:8080".into());
    let listener = listen(&address).map_err(|error| {
        anyhow!("cannot listen on {address}: {error}; give a free one as argument")
    })?;
    let mut stop_signal = stop_signals()?;
    println!("listening on {}", listener.local_addr()?);

    let store = Arc::new(Store::default());
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(),
                if connections.len() < MAX_CONNECTIONS =>
            match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(serve(stream, peer, store.clone()));
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
        && let Ok(Ok((stream, peer))) = timeout(Duration::ZERO, listener.accept()).await
    {
        connections.spawn(serve(stream, peer, store.clone()));
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

async fn serve(mut stream: TcpStream, peer: SocketAddr, store: Arc<Store>) {
    if let Err(error) = answer_all(&mut stream, &store).await {
        log(&format!("{peer}: {error}"));
    }
}

async fn answer_all(stream: &mut TcpStream, store: &Store) -> io::Result<()> {
    // Do not hold back a short reply in the hope of more.
    stream.set_nodelay(true)?;
    let (from_client, to_client) = stream.split();
    let mut requests = BufReader::with_capacity(MAX_LINE, from_client);
    let mut replies = BufWriter::with_capacity(MAX_LINE, to_client);
    let mut answer = async || answer(&mut requests, &mut replies, store).await;
    while timeout(LINE_LIMIT, answer()).await?? {
        // Or a client that sends thousands at once would hold up the others.
        consume_budget().await;
    }

    replies.shutdown().await?;
    // Closing on unread bytes would send a reset, and that can take the refusal
    // away from the client. What comes of the rest does not matter.
    let _ = timeout(LINGER_LIMIT, copy(&mut requests, &mut sink())).await;
    Ok(())
}

/// Answers one request; says whether there may be another.
async fn answer(
    requests: &mut BufReader<ReadHalf<'_>>,
    replies: &mut BufWriter<WriteHalf<'_>>,
    store: &Store,
) -> io::Result<bool> {
    let mut line = Vec::new();
    let mut bounded = (&mut *requests).take(MAX_LINE as u64);
    let size = bounded.read_until(b'\n', &mut line).await?;
    let reply = match line.strip_suffix(b"\n") {
        Some(request) => obey(request, store),
        None if size == 0 => return Ok(false),
        None if size < MAX_LINE => "ERROR the last line was cut off".into(),
        None => format!("ERROR a line has at most {MAX_LINE} bytes"),
    };
    replies.write_all(format!("{reply}\n").as_bytes()).await?;
    if !requests.buffer().contains(&b'\n') {
        replies.flush().await?;
    }
    Ok(line.ends_with(b"\n"))
}

fn obey(request: &[u8], store: &Store) -> String {
    let Ok(request) = str::from_utf8(request) else {
        return "ERROR a request is UTF-8".into();
    };
    let request = request.strip_suffix('\r').unwrap_or(request);
    let mut words = request.splitn(3, ' ');
    let verb = words.next().unwrap_or_default();
    let key = words.next().filter(|key| !key.is_empty());

    // Whatever has panicked elsewhere, one insert is never half done.
    let mut store = store.lock().unwrap_or_else(PoisonError::into_inner);
    match (verb, key, words.next()) {
        ("GET", Some(key), None) => match store.get(key) {
            Some(value) => format!("OK {value}"),
            None => "NONE".into(),
        },
        ("SET", Some(key), Some(value)) => {
            if store.len() == MAX_KEYS && !store.contains_key(key) {
                return format!("ERROR there are {MAX_KEYS} keys already");
            }
            store.insert(key.into(), value.into());
            "OK".into()
        }
        ("DEL", Some(key), None) => match store.remove(key) {
            Some(_) => "OK".into(),
            None => "NONE".into(),
        },
        _ => format!("ERROR neither GET key nor SET key value nor DEL key: {request:?}"),
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
