//! Run chat rooms over WebSockets, with pings, limits and a clean close.
//!
//! A client's text goes to everybody in its room, through a `broadcast`
//! channel. Open http://127.0.0.1:3000/#kitchen twice to see it. The server:
//!
//! - allows 1,000 WebSockets, and 4 KiB for a message;
//! - makes a client wait if it sends more than 100 messages a second;
//! - drops a client if more than 64 messages wait for it, if a message cannot
//!   be sent to it within 5 s, or if it does not answer a ping within 10 s;
//! - refuses pages of other sites (the header `origin` below), because a
//!   browser lets any page connect;
//! - on Ctrl-C or SIGTERM, sends each client a close frame, and gives it 1 s to
//!   answer; after 3 s, or at a second signal, the program exits in any case.
//!
//! ```console
//! $ cargo run -p examples-http --bin websocket &
//! Server running on http://127.0.0.1:3000
//! $ curl -sw ' %{http_code}\n' 127.0.0.1:3000/rooms/kitchen -H 'connection: upgrade' -H 'upgrade: websocket' -H 'sec-websocket-version: 13' -H 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==' -H 'origin: http://evil.example'
//! a page of another site 403
//! $ kill -INT %1
//! stopped: WebSockets closed: 0
//! ```
//!
//! If only the server has something to send, see `sse`. To limit connections
//! that are not WebSockets, and the head of a request, see `hello_server`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,net,rt-multi-thread,signal,sync,time
//! cargo add tokio-util -F rt
//! cargo add axum -F ws
//! cargo add anyhow
//! ```

mod room;

use std::env;
use std::io::{self, Write};
use std::time::Duration;

use anyhow::anyhow;
use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Path, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{any, get};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::room::{MAX_MESSAGE, Rooms, close, talk};

/// Each WebSocket holds a permit, and is an open file. By default, Linux allows
/// a process 1,024 open files.
static PERMITS: Semaphore = Semaphore::const_new(1000);
/// How long all clients together may take to close.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(3);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let (draining, sockets) = (CancellationToken::new(), TaskTracker::new());
    let app = Router::new()
        .route("/", get(Html(PAGE)))
        .route("/rooms/{name}", any(join))
        .with_state((Rooms::default(), draining.clone(), sockets.clone()));

    let address = env::args().nth(1).unwrap_or("127.0.0.1:3000".into());
    let listener = listen(&address).await?;
    let mut stop = StopSignals::new()?;
    println!("Server running on http://{}", listener.local_addr()?);
    let server =
        axum::serve(listener, app).with_graceful_shutdown(draining.clone().cancelled_owned());
    let server = tokio::spawn(server.into_future());
    stop.recv().await;
    let open = sockets.len();
    draining.cancel();
    let closed = async {
        // The server does not wait for WebSockets. Without it, nobody joins.
        server.await??;
        sockets.close();
        sockets.wait().await;
        anyhow::Ok(format!("WebSockets closed: {open}"))
    };
    let stopped = tokio::select! {
        stopped = closed => stopped?,
        () = sleep(DRAIN_TIMEOUT) => "open connections were closed".into(),
        () = stop.recv() => "open connections were closed".into(),
    };
    log(&format!("stopped: {stopped}"));
    Ok(())
}

async fn join(
    State((rooms, draining, sockets)): State<(Rooms, CancellationToken, TaskTracker)>,
    Path(name): Path<String>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !is_own_page(&headers) {
        return (StatusCode::FORBIDDEN, "a page of another site").into_response();
    }
    let Ok(permit) = PERMITS.try_acquire() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many clients").into_response();
    };
    // The task starts only after this handler has returned. A stop in between
    // must wait for it, so count it now.
    let counted = sockets.token();
    upgrade
        .max_message_size(MAX_MESSAGE)
        // A sender reads the reason only after it has sent its whole frame. So
        // a frame of up to 64 KiB is read before it is refused. A larger one is
        // refused unread.
        .max_frame_size(16 * MAX_MESSAGE)
        // The default is 128 KiB for each client.
        .read_buffer_size(MAX_MESSAGE)
        .on_upgrade(async move |mut socket| {
            let reason = tokio::select! {
                reason = talk(&mut socket, &rooms, name) => reason,
                () = draining.cancelled() => room::STOPPING,
            };
            close(&mut socket, reason).await;
            // The task owns what is named here, and keeps it until now.
            drop((permit, counted));
        })
}

/// CORS does not cover WebSockets: any page may open one, and the browser sends
/// its cookies along. Programs other than browsers send no origin. Behind a
/// proxy that changes `Host`, compare with the name of the site instead.
fn is_own_page(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN) else {
        return true;
    };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let origin = origin.to_str().ok().and_then(|it| it.split_once("://"));
    origin.is_some_and(|(_scheme, origin)| Some(origin) == host)
}

const PAGE: &str = r#"<!doctype html>
<title>websocket</title>
<form><input autofocus> <button>Send</button> <output></output></form>
<pre></pre>
<script type="module">
const [form, input, state, list] = document.querySelectorAll("form, input, output, pre");
const room = location.hash.slice(1) || "kitchen";
const socket = new WebSocket(`/rooms/${room}`);
socket.onopen = () => state.value = `in ${room}`;
socket.onmessage = event => list.append(`${event.data}\n`);
socket.onclose = event => state.value = `closed: ${event.code} ${event.reason}`;
form.onsubmit = event => {
    event.preventDefault();
    socket.send(input.value);
    form.reset();
};
</script>
"#;

async fn listen(address: &str) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| {
        anyhow!("cannot listen on {address}: {error}; give another address as an argument")
    })
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

/// Writes a line to standard error; unlike `eprintln!`, it does not panic when
/// nobody reads it.
fn log(message: &str) {
    let _ = io::stderr().write_all(format!("{message}\n").as_bytes());
}
