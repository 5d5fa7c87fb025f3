//! Serve a key-value store over TCP, one request per line, with `read_until`.
//!
//! A packet may hold half a line or ten lines: the server finds the lines
//! itself.
//!
//! - A line has at most 1024 bytes: an endless one would fill the memory.
//! - A last line without a newline is refused: half a `SET` must not run.
//! - Replies to requests that arrive together are sent together.
//!
//! ```console
//! $ cargo run -p examples-io --bin line_server &
//! listening on 127.0.0.1:8080
//! $ printf 'SET tea Earl Grey\nGET tea\n' | cargo run -q -p examples-io --bin connect 127.0.0.1:8080
//! OK
//! OK Earl Grey
//! $ printf 'BREW tea\nSET tea Ea' | cargo run -q -p examples-io --bin connect 127.0.0.1:8080
//! ERROR "BREW tea": use SET key value, GET key or DEL key
//! ERROR the last line was cut off
//! $ head -c 1000000 /dev/zero | cargo run -q -p examples-io --bin connect 127.0.0.1:8080
//! ERROR a line has at most 1024 bytes
//! $ kill -INT %1
//! stopped: 0 drained, 0 cut
//! ```
//!
//! To serve thousands of clients, see `hardened_echo`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F io-util,macros,net,rt,signal,sync,time
//! cargo add tokio-util -F rt
//! cargo add anyhow
//! ```

use std::collections::HashMap;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::{env, io};

use anyhow::anyhow;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use tokio::io::{BufReader, BufWriter, copy, sink};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;

/// Each connection holds a permit. Further clients wait in the backlog. Often
/// a process may open only 1024 files.
static PERMITS: Semaphore = Semaphore::const_new(1000);
const USAGE: &str = "SET key value, GET key or DEL key";
const MAX_LINE: usize = 1024;
const MAX_KEYS: usize = 16_384; // 16 MiB with the longest values
const CLIENT_TIMEOUT: Duration = Duration::from_secs(60);
const DRAIN_TIMEOUT: Duration = Duration::from_secs(3);
type Store = HashMap<String, String>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let address = env::args().nth(1).unwrap_or("127.0.0.1:8080".into());
    let listener = listen(&address).await?;
    let mut stop = StopSignals::new()?;
    println!("listening on {}", listener.local_addr()?);

    let store = Arc::new(Mutex::new(Store::new()));
    let connections = TaskTracker::new();
    tokio::select! {
        () = accept_loop(&listener, &connections, store) => {}
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
async fn accept_loop(listener: &TcpListener, connections: &TaskTracker, store: Arc<Mutex<Store>>) {
    loop {
        let permit = PERMITS.acquire().await.expect("nothing closes it");
        match listener.accept().await {
            Ok((stream, _)) => {
                let store = store.clone();
                connections.spawn(async move {
                    // Clients reset connections all the time: a line about each
                    // would fill the log.
                    let _ = serve(stream, store).await;
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

async fn serve(mut stream: TcpStream, store: Arc<Mutex<Store>>) -> io::Result<()> {
    // Send a short reply now, without waiting for more to send with it.
    stream.set_nodelay(true)?;
    let (reader, writer) = stream.split();
    let mut requests = BufReader::with_capacity(MAX_LINE, reader);
    let mut replies = BufWriter::with_capacity(MAX_LINE, writer);
    loop {
        let mut line = Vec::new();
        let mut bounded = (&mut requests).take(MAX_LINE as u64);
        timeout(CLIENT_TIMEOUT, bounded.read_until(b'\n', &mut line)).await??;
        let reply = match line.strip_suffix(b"\n") {
            Some(request) => execute(request, &mut store.lock().unwrap()),
            None if line.is_empty() => break,
            None if line.len() < MAX_LINE => "ERROR the last line was cut off".into(),
            None => format!("ERROR a line has at most {MAX_LINE} bytes"),
        };
        let reply = format!("{reply}\n");
        timeout(CLIENT_TIMEOUT, replies.write_all(reply.as_bytes())).await??;
        if !line.ends_with(b"\n") {
            break;
        }
        // While more whole requests are waiting, collect the replies.
        if !requests.buffer().contains(&b'\n') {
            timeout(CLIENT_TIMEOUT, replies.flush()).await??;
        }
    }

    // Closing a socket with unread input resets the connection, and the client
    // may then lose the last reply: read the rest first.
    timeout(CLIENT_TIMEOUT, replies.shutdown()).await??;
    timeout(CLIENT_TIMEOUT, copy(&mut requests, &mut sink())).await??;
    Ok(())
}

fn execute(request: &[u8], store: &mut Store) -> String {
    let Ok(request) = str::from_utf8(request) else {
        return "ERROR a request is UTF-8".into();
    };
    let request = request.strip_suffix('\r').unwrap_or(request);
    let words: Vec<&str> = request.splitn(3, ' ').collect();
    let reply = match words[..] {
        ["SET", key, value] if store.len() < MAX_KEYS || store.contains_key(key) => {
            store.insert(key.into(), value.into());
            Some("OK".into())
        }
        ["SET", _, _] => Some(format!("ERROR there are {MAX_KEYS} keys already")),
        ["GET", key] => store.get(key).map(|value| format!("OK {value}")),
        ["DEL", key] => store.remove(key).map(|_| "OK".into()),
        _ => Some(format!("ERROR {request:?}: use {USAGE}")),
    };
    reply.unwrap_or("NONE".into())
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
