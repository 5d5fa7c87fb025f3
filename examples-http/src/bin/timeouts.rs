//! Set the three timeouts of a `reqwest` client, which has none by default.
//!
//! `connect_timeout` covers the name, the connection and the TLS handshake,
//! `read_timeout` each wait for the next bytes, `timeout` everything to the end
//! of the body. A trickle of a byte every 100 ms never runs into the second, so
//! a body that must end wants the third, set for the client or for one request.
//! `is_timeout` is true of all three, `is_connect` of the first alone.
//!
//! ```console
//! $ cargo run -p examples-http --bin timeouts
//! asking servers that never finish
//! connect_timeout of 200 ms, no handshake: timed out connecting     # 200 ms
//! timeout of 400 ms, a trickle: timed out                           # 400 ms
//! read_timeout of 600 ms, no answer: timed out                      # 600 ms
//! no timeout, no answer: still waiting after 800ms                  # 800 ms
//! read_timeout of 600 ms, a trickle: still waiting after 1s         # 1 s
//! ```
//!
//! Copy it with
//! `cargo add reqwest --no-default-features -F rustls-no-provider`,
//! `cargo add rustls --no-default-features -F ring`,
//! `cargo add futures --no-default-features -F alloc`, `cargo add axum anyhow`
//! and `cargo add tokio -F macros,net,rt-multi-thread,time`.

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use axum::routing::get;
use futures::stream;
use reqwest::{Client, RequestBuilder};
use tokio::net::TcpListener;
use tokio::time::{self, sleep};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // reqwest's own choice, aws-lc, takes longer to build than all the rest. An
    // error would say that another one is installed, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder().connect_timeout(ms(200));
    let client = client.read_timeout(ms(600)).build()?;
    let none = Client::new();

    let server = serve().await?;
    let silent = format!("{server}/silent");
    let trickle = format!("{server}/trickle");
    // The system completes connections that nothing accepts.
    let mute = TcpListener::bind("127.0.0.1:0").await?;
    let handshake = client.get(format!("https://{}", mute.local_addr()?));
    let limited = none.get(&trickle).timeout(ms(400));

    println!("asking servers that never finish");
    tokio::join!(
        ask("connect_timeout of 200 ms, no handshake", handshake, 1200),
        ask("timeout of 400 ms, a trickle", limited, 1200),
        ask(
            "read_timeout of 600 ms, no answer",
            client.get(&silent),
            1200
        ),
        ask("no timeout, no answer", none.get(&silent), 800),
        ask(
            "read_timeout of 600 ms, a trickle",
            client.get(&trickle),
            1000
        ),
    );
    Ok(())
}

/// Fetches a page, and gives up after so many milliseconds.
async fn ask(case: &str, request: RequestBuilder, patience: u64) {
    let patience = ms(patience);
    let body = async { request.send().await?.bytes().await };
    match time::timeout(patience, body).await {
        Ok(Ok(body)) => println!("{case}: {} bytes", body.len()),
        Ok(Err(error)) if error.is_timeout() && error.is_connect() => {
            println!("{case}: timed out connecting");
        }
        Ok(Err(error)) if error.is_timeout() => println!("{case}: timed out"),
        Ok(Err(error)) => println!("{case}: {error}"),
        Err(_) => println!("{case}: still waiting after {patience:?}"),
    }
}

async fn serve() -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let routes = Router::new()
        .route("/silent", get(pending::<StatusCode>))
        .route("/trickle", get(trickle));
    tokio::spawn(axum::serve(listener, routes).into_future());
    Ok(url)
}

async fn trickle() -> Body {
    Body::from_stream(stream::unfold((), async |()| {
        sleep(ms(100)).await;
        Some((Ok::<_, Infallible>("."), ()))
    }))
}

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}
