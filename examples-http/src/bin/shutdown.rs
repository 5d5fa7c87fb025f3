//! Shut down an `axum` server that has event streams open.
//!
//! When it is told to stop, a server with `with_graceful_shutdown` accepts no
//! more connections, and waits for the requests in progress. A stream of events
//! is a request that never ends, so a single browser tab on `/broken` makes the
//! server hang. In `/fixed`, the `CancellationToken` that stops the server also
//! ends the stream. The client reads the end of the stream, `None`. A browser
//! would try to reconnect until the server is back.
//!
//! ```console
//! $ cargo run -p examples-http --bin shutdown
//! broken: the server hangs                               # 500 ms
//! fixed: the server has stopped, rest of the stream: None
//! ```
//!
//! To close WebSockets, see `close_websockets`. To catch Ctrl-C, and to stop
//! after a few seconds in any case, see `users`. To notice clients that have
//! vanished, see `sse`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,net,rt-multi-thread,time
//! cargo add tokio-util
//! cargo add reqwest --no-default-features -F rustls-no-provider
//! cargo add rustls --no-default-features -F ring
//! cargo add futures --no-default-features
//! cargo add anyhow axum
//! ```

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::sse::{Event, Sse};
use axum::routing::get;
use futures::{Stream, StreamExt, stream};
use reqwest::Client;
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let client = local_client()?;
    for path in ["broken", "fixed"] {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/{path}", listener.local_addr()?);
        let stop = CancellationToken::new();
        let server = tokio::spawn(serve(listener, stop.clone()));
        // When the head of the response is here, the stream is open.
        let mut response = client.get(url).send().await?;

        stop.cancel();
        match timeout(Duration::from_millis(500), server).await {
            Ok(served) => {
                served??; // A panic of the task, or an error of the server.
                let rest = response.chunk().await?;
                println!("{path}: the server has stopped, rest of the stream: {rest:?}");
            }
            // It hangs until `response` is dropped, which disconnects.
            Err(_) => println!("{path}: the server hangs"),
        }
    }
    Ok(())
}

async fn serve(listener: TcpListener, stop: CancellationToken) -> io::Result<()> {
    let app = Router::new()
        .route("/broken", get(broken))
        .route("/fixed", get(fixed))
        .with_state(stop.clone());
    axum::serve(listener, app)
        .with_graceful_shutdown(stop.cancelled_owned())
        .await
}

async fn broken() -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    Sse::new(news())
}

async fn fixed(
    State(stop): State<CancellationToken>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    Sse::new(news().take_until(stop.cancelled_owned()))
}

/// A stream that stays open and brings nothing.
fn news() -> impl Stream<Item = Result<Event, Infallible>> {
    stream::pending()
}

/// A client for this example's own server needs no proxy and no certificates.
fn local_client() -> reqwest::Result<Client> {
    // Even for http, reqwest needs a crypto library. Set one if there is none.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .timeout(Duration::from_secs(1))
        .build()
}
