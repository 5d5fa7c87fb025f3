//! Set the three timeouts of a `reqwest` client, which has none by default.
//!
//! Three requests time out, and two do not. Without a limit, a request waits
//! forever for a server that accepts it and never answers.
//!
//! - `connect_timeout` limits the name lookup, the connection and the TLS
//!   handshake. Only for this one is `is_connect` true as well.
//! - `read_timeout` limits each wait for the next bytes. A server that sends a
//!   byte every 100 ms never exceeds it.
//! - `timeout` limits the whole request, to the end of the body. It can be set
//!   for the client or for one request.
//!
//! ```console,unordered
//! $ cargo run -p examples-http --bin timeouts
//! connect_timeout of 200ms, no TLS handshake: timed out connecting  # 200 ms
//! timeout of 400ms, a byte every 100 ms: timed out                  # 400 ms
//! read_timeout of 600ms, no answer: timed out                       # 600 ms
//! read_timeout of 600ms, a byte every 100 ms: still waiting         # 1 s
//! no timeout, no answer: still waiting                              # 1 s
//! ```
//!
//! To limit any future, see `timeout`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,net,rt-multi-thread,time
//! cargo add reqwest --no-default-features -F rustls-no-provider
//! cargo add rustls --no-default-features -F ring
//! cargo add futures --no-default-features
//! cargo add anyhow axum
//! ```

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use futures::stream;
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
    // The system accepts the connection, but nobody answers it.
    let mute = TcpListener::bind("127.0.0.1:0").await?;
    let no_handshake = format!("https://{}/", mute.local_addr()?);

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
            format!("read_timeout of {READ_TIMEOUT:?}, a byte every 100 ms"),
            limited.get(&trickle),
        ),
        ask("no timeout, no answer".into(), default.get(&silent)),
    );
    Ok(())
}

/// Reads the answer to its end, for one second at most.
async fn ask(case: String, request: RequestBuilder) {
    let body = async { request.send().await?.bytes().await };
    match time::timeout(Duration::from_secs(1), body).await {
        Ok(Ok(body)) => println!("{case}: {} bytes", body.len()),
        Ok(Err(error)) if error.is_timeout() && error.is_connect() => {
            println!("{case}: timed out connecting");
        }
        Ok(Err(error)) if error.is_timeout() => println!("{case}: timed out"),
        Ok(Err(error)) => println!("{case}: {error}"),
        Err(_) => println!("{case}: still waiting"),
    }
}

/// Settings for clients of the local server: no proxy, no certificates.
fn builder() -> ClientBuilder {
    // reqwest needs a crypto provider; an error means that it has one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().no_proxy().tls_certs_only([])
}

async fn serve() -> io::Result<String> {
    let app = Router::new()
        .route("/silent", get(pending::<()>))
        .route("/trickle", get(trickle));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(axum::serve(listener, app).into_future());
    Ok(url)
}

async fn trickle() -> Body {
    Body::from_stream(stream::unfold((), async |()| {
        sleep(Duration::from_millis(100)).await;
        Some((Ok::<_, Infallible>("."), ()))
    }))
}
