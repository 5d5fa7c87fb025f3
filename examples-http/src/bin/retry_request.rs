//! Send a failed request again with `backon`, and limit retries with `tower`.
//!
//! The server answers 503 twice, then 200. `get` waits 50 to 100 ms before the
//! second attempt, and 100 to 200 ms before the third. A random part of each
//! wait, called jitter, keeps clients apart. On `/down`, which always answers
//! 503, 100 calls with three retries each become 400 attempts. Such a load may
//! keep a server down. A budget for all calls together allows ten retries in
//! ten seconds, and one more for every ten calls: 120 attempts.
//!
//! ```console
//! $ cargo run -p examples-http --bin retry_request
//! restarting: attempts after [0, ~75, ~225] ms
//! down, 100 calls of get: 400 attempts
//! down, 100 calls of get_within_budget: 120 attempts
//! ```
//!
//! To honor `Retry-After`, and for other methods than `GET`, see `retry_after`.
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,net,rt-multi-thread
//! cargo add reqwest --no-default-features -F rustls-no-provider
//! cargo add rustls --no-default-features -F ring
//! cargo add backon --no-default-features -F std,tokio-sleep
//! cargo add tower -F retry
//! cargo add futures --no-default-features -F alloc
//! cargo add anyhow axum
//! ```

use std::sync::Mutex;
use std::time::{Duration, Instant};
use std::{io, mem};

use axum::{Router, routing};
use backon::{ExponentialBuilder, Retryable};
use futures::future::join_all;
use reqwest::{Client, Response, StatusCode};
use tokio::net::TcpListener;
use tower::retry::budget::{Budget, TpsBudget};

/// Up to three retries, after at least 50, 100 and 200 ms.
const BACK_OFF: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(50))
    .with_max_times(3)
    .with_jitter();

/// When each attempt reached the server.
static ATTEMPTS: Mutex<Vec<Instant>> = Mutex::new(Vec::new());

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let server = serve().await?;
    let client = local_client()?;

    get(&client, &format!("{server}/restarting")).await?;
    println!("restarting: attempts after {:?} ms", take_attempts());

    let url = format!("{server}/down");
    join_all((0..100).map(|_| get(&client, &url))).await;
    println!("down, 100 calls of get: {} attempts", take_attempts().len());

    // In 10 s: one retry a second, so ten, and 0.1 for each call (`deposit`).
    let budget = TpsBudget::new(Duration::from_secs(10), 1, 0.1);
    join_all((0..100).map(|_| get_within_budget(&client, &url, &budget))).await;
    let count = take_attempts().len();
    println!("down, 100 calls of get_within_budget: {count} attempts");
    Ok(())
}

async fn get(client: &Client, url: &str) -> reqwest::Result<Response> {
    let attempt = || async { client.get(url).send().await?.error_for_status() };
    attempt.retry(BACK_OFF).when(is_temporary).await
}

async fn get_within_budget(
    client: &Client,
    url: &str,
    budget: &TpsBudget,
) -> reqwest::Result<Response> {
    budget.deposit();
    let attempt = || async { client.get(url).send().await?.error_for_status() };
    attempt
        .retry(BACK_OFF)
        .when(is_temporary)
        // `withdraw` takes a retry, if one is left. `backon` stops at `None`.
        .adjust(|_error, delay| delay.filter(|_| budget.withdraw()))
        .await
}

/// A 404 would be a 404 the next time, too. (An error in the middle of a body
/// comes later: `get` has returned before the body is read.)
fn is_temporary(error: &reqwest::Error) -> bool {
    match error.status() {
        Some(status) => matches!(status.as_u16(), 429 | 502 | 503 | 504),
        // No answer: refused, reset or timed out, but also a wrong host name.
        None => error.is_request(),
    }
}

async fn serve() -> io::Result<String> {
    let app = Router::new()
        .route("/restarting", routing::get(restarting))
        .route("/down", routing::get(down));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(axum::serve(listener, app).into_future());
    Ok(url)
}

async fn restarting() -> StatusCode {
    let mut attempts = ATTEMPTS.lock().unwrap();
    attempts.push(Instant::now());
    if attempts.len() < 3 {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    StatusCode::OK
}

async fn down() -> StatusCode {
    ATTEMPTS.lock().unwrap().push(Instant::now());
    StatusCode::SERVICE_UNAVAILABLE
}

/// Empties the list. Returns the times of the attempts, in ms since the first.
fn take_attempts() -> Vec<u128> {
    let attempts = mem::take(&mut *ATTEMPTS.lock().unwrap());
    let since_first = |at: &Instant| at.duration_since(attempts[0]).as_millis();
    attempts.iter().map(since_first).collect()
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
