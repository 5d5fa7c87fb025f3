//! Wait as long as `Retry-After` asks, and repeat only what is safe to repeat.
//!
//! An overloaded server answers 503 and asks all clients to wait one second.
//! `send` waits, and adds a back-off (50 ms, then twice as long each time) with
//! jitter (a random part, which keeps clients apart). If the server asks for
//! more than 10 s, `send` returns the answer. A `POST` is not idempotent (safe
//! to repeat): it might place a second order. So `send` repeats it only if it
//! could not connect. On port 9, nothing listens.
//!
//! ```console
//! $ cargo run -p examples-http --bin retry_after
//! GET: 200 OK, attempts: 2, ~1075 ms
//! POST: 503 Service Unavailable, attempts: 1
//! POST, port 9: error sending request for url (http://127.0.0.1:9/), ~525 ms
//! ```
//!
//! To limit the retries of all requests together, see `retry_request`. The part
//! to reuse starts at `send`. Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,net,rt-multi-thread,time
//! cargo add reqwest --no-default-features -F rustls-no-provider
//! cargo add rustls --no-default-features -F ring
//! cargo add backon --no-default-features -F std
//! cargo add anyhow axum httpdate
//! ```

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant, SystemTime};

use axum::response::IntoResponse;
use axum::{Router, routing};
use backon::{BackoffBuilder, ExponentialBuilder};
use reqwest::header::RETRY_AFTER;
use reqwest::{Client, RequestBuilder, Response, StatusCode, redirect};
use tokio::net::TcpListener;
use tokio::time::sleep;

/// The requests that the server has seen.
static ATTEMPTS: AtomicU32 = AtomicU32::new(0);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let server = serve().await?;
    let client = client_without_redirects()?;

    let start = Instant::now();
    let status = send(client.get(&server)).await?.status();
    // After `swap(0)`, the next request is the first one again, and gets a 503.
    let (attempts, elapsed) = (ATTEMPTS.swap(0, Relaxed), start.elapsed().as_millis());
    println!("GET: {status}, attempts: {attempts}, {elapsed} ms");

    let status = send(client.post(&server)).await?.status();
    println!("POST: {status}, attempts: {}", ATTEMPTS.load(Relaxed));

    let start = Instant::now();
    if let Err(error) = send(client.post("http://127.0.0.1:9/")).await {
        println!("POST, port 9: {error}, {} ms", start.elapsed().as_millis());
    }
    Ok(())
}

async fn serve() -> anyhow::Result<String> {
    let app = Router::new().route("/", routing::any(orders));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    tokio::spawn(axum::serve(listener, app).into_future());
    Ok(url)
}

/// Answers 503 to the first request.
async fn orders() -> Result<(), impl IntoResponse> {
    match ATTEMPTS.fetch_add(1, Relaxed) {
        0 => Err((StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "1")])),
        _ => Ok(()),
    }
}

/// A client for this example's own server needs no proxy and no certificates.
fn client_without_redirects() -> reqwest::Result<Client> {
    // Even for http, reqwest needs a crypto library. Set one if there is none.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .redirect(redirect::Policy::none())
        .timeout(Duration::from_secs(1))
        .build()
}

/// The client must not follow redirects: an order could be placed before the
/// next connection fails. To limit the time of all attempts, add a `timeout`.
async fn send(request: RequestBuilder) -> reqwest::Result<Response> {
    let (client, request) = request.build_split();
    let mut request = request?;
    let idempotent = request.method().is_idempotent();
    let mut delays = BACK_OFF.build();
    loop {
        // `None` if the body is a stream, which can be sent only once.
        let copy = request.try_clone();
        let result = client.execute(request).await;
        let pause = match &result {
            Ok(response) if idempotent && is_temporary(response.status()) => retry_after(response),
            Err(error) if error.is_connect() => Duration::ZERO, // Nothing was sent.
            Err(error) if idempotent && error.is_request() => Duration::ZERO, // No answer.
            _ => return result,
        };
        match (copy, delays.next()) {
            (Some(copy), Some(back_off)) if pause <= MAX_PAUSE => {
                drop(result); // A response would hold its connection.
                sleep(pause + back_off).await;
                request = copy;
            }
            _ => return result,
        }
    }
}

fn is_temporary(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 502 | 503 | 504)
}

/// How long the server asks to wait: a number of seconds, or a date.
fn retry_after(response: &Response) -> Duration {
    let value = response.headers().get(RETRY_AFTER);
    let value = value.and_then(|value| value.to_str().ok()).unwrap_or("0");
    match (value.parse(), httpdate::parse_http_date(value)) {
        (Ok(seconds), _) => Duration::from_secs(seconds),
        (_, Ok(date)) => date.duration_since(SystemTime::now()).unwrap_or_default(),
        _ => Duration::ZERO,
    }
}

/// Up to three retries, after at least 50, 100 and 200 ms.
const BACK_OFF: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(50))
    .with_max_times(3)
    .with_jitter();
/// If the server asks for more, `send` does not wait, but returns its answer.
const MAX_PAUSE: Duration = Duration::from_secs(10);
