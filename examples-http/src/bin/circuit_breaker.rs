//! Stop calling a server that is down, with a circuit breaker.
//!
//! The server does not answer: each call times out after 100 ms, and ten calls
//! wait 1 s. After three failures in a row (no answer or 5xx), the breaker
//! opens: it refuses calls immediately and sends nothing. After 500 ms it is
//! half-open: one call may try the server. If this call succeeds, the breaker
//! closes. If not, it opens for another 500 ms.
//!
//! ```console
//! $ cargo run -p examples-http --bin circuit_breaker
//! no breaker: 10 of 10 calls sent, 0 succeeded, ~1019 ms             # 1 s
//! down: 3 of 10 calls sent, 0 succeeded, ~305 ms                     # 1.3 s
//! still down: 1 of 10 calls sent, 0 succeeded, ~102 ms               # 1.9 s
//! up again: 10 of 10 calls sent, 10 succeeded, ~223 ms               # 2.6 s
//! ```
//!
//! To retry, see `retry_request`. To open when a share of the calls fails, use
//! the crate `recloser`. The part to reuse starts at `Breaker`. Copy it with
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
    let unprotected = async || anyhow::Ok(client.get(&url).send().await?);
    show("no breaker", unprotected).await;
    let breaker = Breaker::default();
    let protected = async || breaker.send(client.get(&url)).await;
    show("down", protected).await;
    sleep(PAUSE).await;
    show("still down", protected).await;
    UP.store(true, Relaxed);
    sleep(PAUSE).await;
    show("up again", protected).await;
    Ok(())
}

async fn show(name: &str, call: impl AsyncFn() -> anyhow::Result<Response>) {
    let start = Instant::now();
    let mut succeeded = 0;
    for _ in 0..10 {
        succeeded += u32::from(call().await.is_ok());
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
    // Even for http, reqwest needs a crypto library. Set one if there is none.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .timeout(Duration::from_millis(100))
        .build()
}

/// Refuses calls to a server that seems to be down. Use one for each server.
#[derive(Default)]
struct Breaker(Mutex<State>);

#[derive(Default)]
struct State {
    failures: u32,
    /// `None` if the breaker is closed.
    open_until: Option<Instant>,
}

impl Breaker {
    /// While the breaker is open, the error contains no `reqwest::Error`.
    async fn send(&self, request: RequestBuilder) -> anyhow::Result<Response> {
        let open_until = self.enter()?;
        let result = request.send().await;
        // After a 404 or a redirect loop the server counts as up: it answers.
        let failed = match &result {
            Ok(response) => response.status().is_server_error(),
            // With a wrong URL, nothing was sent. `?` returns the error.
            Err(error) if error.is_builder() => return Ok(result?),
            Err(error) => !error.is_redirect(),
        };
        let mut state = self.0.lock().unwrap();
        // If the breaker has opened or closed meanwhile, this result is old.
        if state.open_until == open_until {
            state.failures = if failed { state.failures + 1 } else { 0 };
            state.open_until = (state.failures >= MAX_FAILURES).then(|| Instant::now() + PAUSE);
        }
        Ok(result?)
    }

    fn enter(&self) -> anyhow::Result<Option<Instant>> {
        let mut state = self.0.lock().unwrap();
        if let Some(until) = &mut state.open_until {
            anyhow::ensure!(*until <= Instant::now(), "the circuit breaker is open");
            // Half-open: this call may pass, and the next one after a `PAUSE`.
            *until = Instant::now() + PAUSE;
        }
        Ok(state.open_until)
    }
}

/// How many failures in a row open the breaker.
const MAX_FAILURES: u32 = 3;
/// How long it stays open before it lets one call through.
const PAUSE: Duration = Duration::from_millis(500);
