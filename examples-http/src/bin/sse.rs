//! Send server-sent events to all who listen, from a `broadcast` channel.
//!
//! One `curl` prints the events, and others post news. The channel keeps two
//! lines. Ten are posted together, so the client misses eight, and gets an
//! event that says so. After 15 s without news, a comment keeps proxies from
//! closing the connection. On Ctrl-C the streams end, and the program exits at
//! most 1 s later. A browser shows the news at http://127.0.0.1:3000.
//!
//! ```console
//! $ cargo run -p examples-http --bin sse &
//! Server running on http://127.0.0.1:3000
//! $ curl -sN 127.0.0.1:3000/events &
//! retry: 1000
//!
//! $ curl -s 127.0.0.1:3000/news -d 'Fresh bread!'
//! data: Fresh bread!
//!
//! $ seq 10 | curl -s 127.0.0.1:3000/news --data-binary @-
//! event: lagged
//! data: 8
//!
//! data: 9
//!
//! data: 10
//!
//! $ kill -INT %2
//! # exit 130
//! $ kill -INT %1
//! ```
//!
//! Ctrl-C ends `curl` with 130. Here even a page of another site may post. To
//! refuse it, see `session`; to check who posts, see `auth`. To read such a
//! stream, see `sse_client`; to resume it, see `sse_reconnect`. Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,net,rt,signal,sync,time
//! cargo add tokio-stream --no-default-features -F sync
//! cargo add futures --no-default-features
//! cargo add anyhow axum tokio-util
//! ```

use std::convert::Infallible;
use std::time::Duration;
use std::{env, io};

use anyhow::anyhow;
use axum::Router;
use axum::extract::State;
use axum::response::Html;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::{get, post};
use futures::{Stream, StreamExt, stream};
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio::time::timeout;
use tokio_stream::wrappers::{BroadcastStream, errors::BroadcastStreamRecvError::Lagged};
use tokio_util::sync::CancellationToken;

// On one thread, `publish` sends all lines before any stream reads the first,
// so the output is always the same. A service needs no `flavor`.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    // The channel keeps two lines. In a service it would keep more.
    let news = broadcast::Sender::new(2);
    let app = Router::new()
        .route("/", get(Html(PAGE)))
        .route("/news", post(publish))
        .route("/events", get(events))
        .with_state((news, stop.clone()));
    let address = env::args().nth(1).unwrap_or("127.0.0.1:3000".into());
    let listener = listen(&address).await?;
    let mut ctrl_c = ctrl_c()?;
    println!("Server running on http://{}", listener.local_addr()?);
    let server = axum::serve(listener, app).with_graceful_shutdown(stop.clone().cancelled_owned());
    let server = tokio::spawn(server.into_future());
    ctrl_c.recv().await;
    stop.cancel();
    // A client that does not read must not keep the program from exiting.
    let _ = timeout(Duration::from_secs(1), server).await;
    Ok(())
}

type Shared = State<(broadcast::Sender<String>, CancellationToken)>;

async fn publish(State((news, _)): Shared, lines: String) {
    for line in lines.lines() {
        // An error only means that nobody listens.
        let _ = news.send(line.into());
    }
}

async fn events(State((news, stop)): Shared) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    // A browser that loses the connection waits this long before it reconnects.
    let retry = Event::default().retry(Duration::from_secs(1));
    let news = BroadcastStream::new(news.subscribe()).map(|received| match received {
        Ok(line) => Event::default().data(line),
        Err(Lagged(count)) => Event::default().event("lagged").data(count.to_string()),
    });
    let events = stream::iter([retry]).chain(news).map(Ok);
    Sse::new(events.take_until(stop.cancelled_owned())).keep_alive(KeepAlive::default())
}

const PAGE: &str = r#"<!doctype html>
<title>sse</title>
<form><input autofocus> <button>Publish</button> <output></output></form><pre></pre>
<script type="module">
const [form, input, state, list] = document.querySelectorAll("form, input, output, pre");
const show = text => list.append(`${text}\n`);
const events = new EventSource("/events");
events.onopen = () => state.value = "connected";
events.onerror = () => state.value = "reconnecting";
events.onmessage = event => show(event.data);
events.addEventListener("lagged", event => show(`(${event.data} were lost)`));
form.onsubmit = event => {
    event.preventDefault();
    fetch("/news", { method: "POST", body: input.value });
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

/// Catches Ctrl-C from this call on. (`tokio::signal::ctrl_c` would catch it
/// only once it is awaited, and an earlier Ctrl-C would kill the program.)
#[cfg(unix)]
fn ctrl_c() -> io::Result<tokio::signal::unix::Signal> {
    tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())
}

#[cfg(windows)]
fn ctrl_c() -> io::Result<tokio::signal::windows::CtrlC> {
    tokio::signal::windows::ctrl_c()
}
