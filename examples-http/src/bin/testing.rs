//! Test an `axum` router: call it as a function, pause the clock, use a socket.
//!
//! `oneshot` calls the router as a function, which is enough for most tests.
//! `start_paused` stops tokio's clock. When all tasks wait, the clock jumps to
//! the end of the next `sleep` or timeout. So a test of a timeout of 30 s takes
//! 0 s. Use a socket to test what the server adds, such as the header `date`.
//! Do not use a socket with a paused clock: the clock does not wait for
//! sockets. In `broken`, the server would answer after 100 ms, but the clock
//! jumps to the client's timeout of 1 s.
//!
//! ```console
//! $ cargo run -p examples-http --bin testing
//! oneshot: 200 OK, pong, date: None
//! paused clock: 504 Gateway Timeout after 30 s, which took 0 s
//! socket: 200 OK, pong, date: Some([..])
//! broken: operation timed out, which took 0 s
//! ```
//!
//! Each function has a runtime of its own, as a test has. In a project, write
//! `#[tokio::test]` in place of `#[tokio::main]`, and `assert_eq!` in place of
//! `println!`. Then `test-util`, `tower` and `reqwest` are only for tests
//! (`cargo add --dev`). To test with a database, see `database_tests` in
//! examples-advanced. Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,net,rt,test-util
//! cargo add tower -F util
//! cargo add tower-http -F timeout
//! cargo add reqwest --no-default-features -F rustls-no-provider
//! cargo add rustls --no-default-features -F ring
//! cargo add anyhow axum
//! ```

use std::time::Duration;
use std::{io, net, thread};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::routing::get;
use reqwest::Client;
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};
use tower::ServiceExt;
use tower_http::timeout::TimeoutLayer;

fn main() -> anyhow::Result<()> {
    as_a_function()?;
    on_a_paused_clock()?;
    over_a_socket()?;
    broken()
}

/// The application, apart from the server that runs it.
fn app() -> Router {
    let timeout =
        TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, Duration::from_secs(30));
    Router::new()
        .route("/ping", get(async || "pong"))
        .route(
            "/slow",
            get(async || sleep(Duration::from_secs(3600)).await),
        )
        .layer(timeout)
}

#[tokio::main(flavor = "current_thread")]
async fn as_a_function() -> anyhow::Result<()> {
    let request = Request::get("/ping").body(Body::empty())?;
    let response = app().oneshot(request).await?;
    let (status, date) = (response.status(), response.headers().get("date").cloned());
    let body = to_bytes(response.into_body(), 1000).await?;
    println!(
        "oneshot: {status}, {}, date: {date:?}",
        str::from_utf8(&body)?
    );
    Ok(())
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn on_a_paused_clock() -> anyhow::Result<()> {
    // tokio's `Instant` goes by the paused clock, and std's by the real one.
    let (start, real_start) = (Instant::now(), std::time::Instant::now());
    let request = Request::get("/slow").body(Body::empty())?;
    let status = app().oneshot(request).await?.status();
    let (elapsed, real) = (start.elapsed().as_secs(), real_start.elapsed().as_secs());
    println!("paused clock: {status} after {elapsed} s, which took {real} s");
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn over_a_socket() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/ping", listener.local_addr()?);
    tokio::spawn(axum::serve(listener, app()).into_future());
    let response = local_client()?.get(url).send().await?;
    let (status, date) = (response.status(), response.headers().get("date").cloned());
    println!(
        "socket: {status}, {}, date: {date:?}",
        response.text().await?
    );
    Ok(())
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn broken() -> anyhow::Result<()> {
    // A tokio listener would belong to this runtime. The server has another.
    let listener = net::TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/ping", listener.local_addr()?);
    thread::spawn(|| serve_elsewhere(listener));
    let start = std::time::Instant::now();
    let answer = match local_client()?.get(url).send().await {
        Ok(response) => response.status().to_string(),
        Err(error) => anyhow::Error::from(error).root_cause().to_string(),
    };
    let real = start.elapsed().as_secs();
    println!("broken: {answer}, which took {real} s");
    Ok(())
}

/// Stands for a server elsewhere. It has a thread and a runtime of its own, and
/// answers after 100 ms of real time.
#[tokio::main(flavor = "current_thread")]
async fn serve_elsewhere(listener: net::TcpListener) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    sleep(Duration::from_millis(100)).await;
    axum::serve(TcpListener::from_std(listener)?, app()).await
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
