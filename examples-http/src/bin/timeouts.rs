//! Set the three timeouts of a `reqwest` client, which has none by default.
//!
//! Four of six requests time out, and two still wait after 1 s. Without a
//! limit, a request to a silent server waits forever.
//!
//! - `connect_timeout` limits the name lookup, the connection and the TLS
//!   handshake. For its error, unlike those of the others, `is_connect` is
//!   true. A refused connection has it, too.
//! - `read_timeout` limits the time from the start of the request to the head
//!   of the answer. An upload counts, even if its bytes flow. Then it limits
//!   each wait for more bytes of the answer.
//! - `timeout` limits the whole request, to the end of the answer. It can be
//!   set for the client or for one request.
//!
//! ```console,unordered
//! $ cargo run -p examples-http --bin timeouts
//! connect_timeout of 200ms, no TLS handshake: timed out connecting     # 200 ms
//! timeout of 400ms, a byte every 100 ms: timed out                     # 400 ms
//! read_timeout of 600ms, no answer: timed out                          # 600 ms
//! read_timeout of 600ms, upload of a byte every 100 ms: timed out      # 600 ms
//! read_timeout of 600ms, a byte every 100 ms: still waiting after 1 s  # 1 s
//! no timeout, no answer: still waiting after 1 s                       # 1 s
//! ```
//!
//! To limit any other future, see `timeout` in examples-basics.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,net,rt-multi-thread,time
//! cargo add reqwest --no-default-features -F rustls-no-provider,stream
//! cargo add rustls --no-default-features -F ring
//! cargo add futures --no-default-features
//! cargo add anyhow axum
//! ```

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::{get, post};
use futures::{Stream, stream};
use reqwest::{Client, ClientBuilder, RequestBuilder};
use tokio::net::TcpListener;
use tokio::time::{self, sleep};

const CONNECT_TIMEOUT: Duration = Duration::from_millis(200);
const TIMEOUT: Duration = Duration::from_millis(400);
const READ_TIMEOUT: Duration = Duration::from_millis(600);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let server = serve().await?;
    let silent = format!("{server}/silent");
    let trickle = format!("{server}/trickle");
    let upload = format!("{server}/upload");
    // The system accepts the connection, but nobody answers it.
    let no_tls = TcpListener::bind("127.0.0.1:0").await?;
    let no_handshake = format!("https://{}/", no_tls.local_addr()?);

    let default = builder().build()?;
    let limited = builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .build()?;

    tokio::join!(
        ask(
            format!("connect_timeout of {CONNECT_TIMEOUT:?}, no TLS handshake"),
            limited.get(no_handshake),
        ),
        ask(
            format!("timeout of {TIMEOUT:?}, a byte every 100 ms"),
            default.get(&trickle).timeout(TIMEOUT),
        ),
        ask(
            format!("read_timeout of {READ_TIMEOUT:?}, no answer"),
            limited.get(&silent),
        ),
        ask(
            format!("read_timeout of {READ_TIMEOUT:?}, upload of a byte every 100 ms"),
            limited
                .post(upload)
                .body(reqwest::Body::wrap_stream(slow_bytes())),
        ),
        ask(
            format!("read_timeout of {READ_TIMEOUT:?}, a byte every 100 ms"),
            limited.get(&trickle),
        ),
        ask("no timeout, no answer".into(), default.get(&silent)),
    );
    Ok(())
}

/// Sends the request and reads the whole answer, for one second at most.
async fn ask(case: String, request: RequestBuilder) {
    let body = async { request.send().await?.bytes().await };
    match time::timeout(Duration::from_secs(1), body).await {
        Ok(Err(error)) if error.is_timeout() && error.is_connect() => {
            println!("{case}: timed out connecting");
        }
        Ok(Err(error)) if error.is_timeout() => println!("{case}: timed out"),
        Ok(other) => println!("{case}: {other:?}"),
        Err(_) => println!("{case}: still waiting after 1 s"),
    }
}

/// Settings for clients of the local server: no proxy, no certificates.
fn builder() -> ClientBuilder {
    // Even for http, reqwest needs a crypto library. Set one if there is none.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().no_proxy().tls_certs_only([])
}

async fn serve() -> io::Result<String> {
    let app = Router::new()
        // `pending` never returns.
        .route("/silent", get(pending::<()>))
        .route("/trickle", get(async || Body::from_stream(slow_bytes())))
        // `Bytes` reads the upload to its end.
        .route("/upload", post(async |_body: Bytes| {}));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(axum::serve(listener, app).into_future());
    Ok(url)
}

/// Sends a byte every 100 ms, and never ends.
fn slow_bytes() -> impl Stream<Item = Result<&'static str, Infallible>> {
    // `unfold` passes a state from item to item. This stream needs none: `()`.
    stream::unfold((), async |()| {
        sleep(Duration::from_millis(100)).await;
        Some((Ok("."), ()))
    })
}
