//! Send a slow request a second time, and take the answer that comes first.
//!
//! Of 100 requests, 96 take 50 ms and four take 1 s. After 300 ms, `get_hedged`
//! sends a second request. This is hedging. p99 is the time in which 99 of 100
//! answers come. It falls from 1 s to 350 ms. (p50 is the median.) The slower
//! request is dropped: its connection closes, and `axum` drops the handler. If
//! all are slow, hedging gains nothing and doubles the load. A budget allows
//! ten extra requests in ten seconds, plus one for ten calls.
//!
//! ```console
//! $ cargo run -p examples-http --bin hedged_request
//! get: 100 requests, 0 dropped, p50 ~51 ms, p99 ~1002 ms
//! get_hedged: 104 requests, 4 dropped, p50 ~51 ms, p99 ~353 ms
//! all slow, large budget: 200 requests, 100 dropped, p50 ~1002 ms, p99 ~1006 ms
//! all slow, budget: 120 requests, 20 dropped, p50 ~1002 ms, p99 ~1008 ms
//! ```
//!
//! Hedge only what is safe to repeat: see `retry_after`. `tower::hedge`
//! measures latencies and chooses the delay by them.
//!
//! The part to reuse starts at `get_hedged`. Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,net,rt-multi-thread,time
//! cargo add reqwest --no-default-features -F rustls-no-provider
//! cargo add rustls --no-default-features -F ring
//! cargo add tower -F retry
//! cargo add futures --no-default-features -F alloc
//! cargo add anyhow axum
//! ```

use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant};

use axum::{Router, routing};
use futures::future::{select_ok, try_join_all};
use reqwest::Client;
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};
use tower::retry::budget::{Budget, TpsBudget};

static ALL_SLOW: AtomicBool = AtomicBool::new(false);
/// How many requests the server has seen, and how many it has answered.
static SEEN: AtomicU32 = AtomicU32::new(0);
static ANSWERED: AtomicU32 = AtomicU32::new(0);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let url = serve().await?;
    let client = local_client()?;
    // The arguments: a period, extra requests a second, extra requests a call.
    let small = || TpsBudget::new(Duration::from_secs(10), 1, 0.1);

    show("get", async || get(&client, &url).await).await?;
    let budget = small();
    let hedged = async || get_hedged(&client, &url, &budget).await;
    show("get_hedged", hedged).await?;

    ALL_SLOW.store(true, Relaxed);
    let large = TpsBudget::new(Duration::from_secs(10), 100, 1.0);
    let hedged = async || get_hedged(&client, &url, &large).await;
    show("all slow, large budget", hedged).await?;
    let budget = small();
    let hedged = async || get_hedged(&client, &url, &budget).await;
    show("all slow, budget", hedged).await?;
    Ok(())
}

/// Makes 100 calls, and starts one every 2 ms.
async fn show(name: &str, call: impl AsyncFn() -> reqwest::Result<String>) -> reqwest::Result<()> {
    let calls = (0..100).map(async |number| {
        sleep(number * Duration::from_millis(2)).await;
        let start = Instant::now();
        call().await.map(|_page| start.elapsed().as_millis())
    });
    let mut latencies = try_join_all(calls).await?;
    latencies.sort_unstable();
    let (p50, p99) = (latencies[49], latencies[98]);
    // All calls have returned, so a request that was not answered was dropped.
    let (seen, answered) = (SEEN.swap(0, Relaxed), ANSWERED.swap(0, Relaxed));
    let dropped = seen - answered;
    println!("{name}: {seen} requests, {dropped} dropped, p50 {p50} ms, p99 {p99} ms");
    Ok(())
}

async fn serve() -> io::Result<String> {
    let app = Router::new().route("/", routing::get(page));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    tokio::spawn(axum::serve(listener, app).into_future());
    Ok(url)
}

/// Takes long for each 25th request.
async fn page() -> &'static str {
    let number = SEEN.fetch_add(1, Relaxed) + 1;
    let slow = ALL_SLOW.load(Relaxed) || number.is_multiple_of(25);
    sleep(Duration::from_millis(if slow { 1000 } else { 50 })).await;
    ANSWERED.fetch_add(1, Relaxed);
    "a page"
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

/// Sends a second request if there is no answer or error within `HEDGE_AFTER`.
async fn get_hedged(client: &Client, url: &str, budget: &TpsBudget) -> reqwest::Result<String> {
    budget.deposit();
    // `timeout` only borrows the pinned request, so it can continue afterwards.
    let mut first = pin!(get(client, url));
    if let Ok(answer) = timeout(HEDGE_AFTER, &mut first).await {
        return answer;
    }
    if !budget.withdraw() {
        return first.await;
    }
    let second = pin!(get(client, url));
    // This waits for the first success, and drops the other request.
    let (answer, _slower) = select_ok([first, second]).await?;
    Ok(answer)
}

async fn get(client: &Client, url: &str) -> reqwest::Result<String> {
    // The client's timeout of 1 s is too short for the slow answers.
    let request = client.get(url).timeout(Duration::from_secs(5));
    request.send().await?.error_for_status()?.text().await
}

/// If 95% of requests take less time than this, one in 20 is sent twice.
const HEDGE_AFTER: Duration = Duration::from_millis(300);
