//! Stop calling a server that is down, with a circuit breaker.
//!
//! The server does not answer: each call times out after 100 ms. Without a
//! breaker, ten calls wait 1 s. After three failures in a row (no answer or
//! 5xx), the breaker opens: it refuses calls immediately and sends nothing.
//! After 500 ms it is half-open: one call may try the server. If this call
//! succeeds, the breaker closes. If not, it stays open for 500 ms.
//!
//! ```console
//! $ cargo run -p examples-http --bin circuit_breaker
//! no breaker: 10 of 10 calls sent, 0 succeeded, ~1019 ms             # 1 s
//! down: 3 of 10 calls sent, 0 succeeded, ~305 ms                     # 1.3 s
//! still down: 1 of 10 calls sent, 0 succeeded, ~102 ms               # 1.9 s
//! up again: 10 of 10 calls sent, 10 succeeded, ~223 ms               # 2.6 s
//! ```
//!
//! To try a failed call again, see `retry_request`. A breaker of the crate
//! `recloser` opens at a failure rate, such as 50%.
//!
//! The part to reuse starts at `Breaker`. Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,net,rt-multi-thread,time
//! cargo add reqwest --no-default-features -F rustls-no-provider
//! cargo add rustls --no-default-features -F ring
//! cargo add anyhow axum
//! ```

use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant};

use anyhow::ensure;
use axum::Router;
use axum::routing::get;
use reqwest::{Client, RequestBuilder, Response};
use tokio::net::TcpListener;
use tokio::time::sleep;

static UP: AtomicBool = AtomicBool::new(false);
/// The requests that have reached the server.
static REQUESTS: AtomicU32 = AtomicU32::new(0);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let url = serve().await?;
    let client = impatient_client()?;
    let send = async || Ok(client.get(&url).send().await?);
    show("no breaker", send).await;
    let breaker = Breaker::default();
    let send = async || breaker.send(client.get(&url)).await;
    show("down", send).await;
    sleep(PAUSE).await;
    show("still down", send).await;
    UP.store(true, Relaxed);
    sleep(PAUSE).await;
    show("up again", send).await;
    Ok(())
}

/// Makes ten calls, one after the other.
async fn show(name: &str, send: impl AsyncFn() -> anyhow::Result<Response>) {
    let start = Instant::now();
    let mut succeeded = 0;
    for _ in 0..10 {
        succeeded += u32::from(send().await.is_ok());
    }
    let (sent, elapsed) = (REQUESTS.swap(0, Relaxed), start.elapsed().as_millis());
    println!("{name}: {sent} of 10 calls sent, {succeeded} succeeded, {elapsed} ms");
}

async fn serve() -> io::Result<String> {
    let app = Router::new().route("/", get(page));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    tokio::spawn(axum::serve(listener, app).into_future());
    Ok(url)
}

async fn page() {
    REQUESTS.fetch_add(1, Relaxed);
    let milliseconds = if UP.load(Relaxed) { 20 } else { 60_000 };
    sleep(Duration::from_millis(milliseconds)).await;
}

/// A client for this example's own server, with a timeout of 100 ms.
fn impatient_client() -> reqwest::Result<Client> {
    // reqwest needs a crypto provider. An error means that one is installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .timeout(Duration::from_millis(100))
        .build()
}

/// Refuses calls to a server that seems to be down. Use one for each server.
/// The late success of an older call closes it early.
#[derive(Default)]
struct Breaker(Mutex<State>);

#[derive(Default)]
struct State {
    /// How many calls have failed in a row.
    failures: u32,
    /// `None` if the breaker is closed.
    open_until: Option<Instant>,
}

impl Breaker {
    /// If the breaker is open, the error is not a `reqwest::Error`.
    async fn send(&self, request: RequestBuilder) -> anyhow::Result<Response> {
        ensure!(self.lets_pass(), "the circuit breaker is open");
        let result = request.send().await;
        // A server that answers 404 is up. An error in the body comes later.
        let is_up = matches!(&result, Ok(response) if !response.status().is_server_error());
        let mut state = self.0.lock().unwrap();
        state.failures = if is_up { 0 } else { state.failures + 1 };
        state.open_until = (state.failures >= MAX_FAILURES).then(|| Instant::now() + PAUSE);
        Ok(result?)
    }

    fn lets_pass(&self) -> bool {
        let mut state = self.0.lock().unwrap();
        let now = Instant::now();
        if state.open_until.is_some_and(|until| now < until) {
            return false;
        }
        // Half-open: this call may pass. Others are refused until it returns,
        // for one `PAUSE` at most. A closed breaker stays closed.
        state.open_until = state.open_until.map(|_| now + PAUSE);
        true
    }
}

/// How many failures in a row open the breaker.
const MAX_FAILURES: u32 = 3;
/// How long it stays open before it lets one call through.
const PAUSE: Duration = Duration::from_millis(500);
