//! Send five requests a second after a burst of four, with `governor`.
//!
//! The server accepts five orders immediately, and then one more every 200 ms.
//! It answers 429 to the rest. Eight orders are sent at the same time. If the
//! client has no limiter, three are refused. Three are also refused if each
//! order has its own limiter. If all orders share one, four are sent
//! immediately (a burst), and then one every 200 ms. The server would accept
//! five, but a later order may arrive too early. The limiter is behind tokio's
//! `Mutex`, which serves its callers in the order in which they come.
//!
//! ```console,unordered
//! $ cargo run -p examples-http --bin rate_limited_client
//! no limiter: 5 of 8 orders accepted
//! a limiter for each order: 5 of 8 orders accepted
//! order 1: 200 OK
//! order 2: 200 OK
//! order 3: 200 OK
//! order 4: 200 OK
//! order 5: 200 OK                           # 200 ms
//! order 6: 200 OK                           # 400 ms
//! order 7: 200 OK                           # 600 ms
//! order 8: 200 OK                           # 800 ms
//! one limiter for all: 8 of 8 orders accepted
//! ```
//!
//! To limit the requests in progress, see `bounded_fetch`. If a server answers
//! 429 all the same, see `retry_after`.
//!
//! The part to reuse starts at `Limiter`. Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,net,rt-multi-thread,sync
//! cargo add reqwest --no-default-features -F rustls-no-provider
//! cargo add rustls --no-default-features -F ring
//! cargo add governor --no-default-features -F std
//! cargo add futures --no-default-features -F alloc
//! cargo add anyhow axum
//! ```

use std::io;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use futures::future::try_join_all;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use reqwest::{Client, RequestBuilder, Response};
use tokio::net::TcpListener;
use tokio::sync::Mutex;

/// A token for each request: five at first, and one more every 200 ms.
const FIVE_A_SECOND: Quota = Quota::per_second(NonZeroU32::new(5).unwrap());
/// One less than the server allows, so one token is left for an early request.
const BURST: NonZeroU32 = NonZeroU32::new(4).unwrap();

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let client = local_client()?;
    let quota = FIVE_A_SECOND.allow_burst(BURST);

    let url = serve().await?;
    let orders = (1..=8).map(|_| client.post(&url).send());
    println!("no limiter: {}", accepted(&try_join_all(orders).await?));

    let url = serve().await?;
    let orders = (1..=8).map(async |_| {
        let limiter = Limiter::new(quota);
        limiter.send(client.post(&url)).await
    });
    let responses = try_join_all(orders).await?;
    println!("a limiter for each order: {}", accepted(&responses));

    let url = serve().await?;
    let limiter = Limiter::new(quota);
    let orders = (1..=8).map(async |order| {
        let response = limiter.send(client.post(&url)).await;
        response.inspect(|it| println!("order {order}: {}", it.status()))
    });
    let responses = try_join_all(orders).await?;
    println!("one limiter for all: {}", accepted(&responses));
    Ok(())
}

fn accepted(responses: &[Response]) -> String {
    let accepted = responses.iter().filter(|it| it.status().is_success());
    let accepted = accepted.count();
    format!("{accepted} of {} orders accepted", responses.len())
}

/// Starts a new server, which has all its tokens. Returns its URL.
async fn serve() -> io::Result<String> {
    // `direct` is one limit for all clients. For one each, see `rate_limit`.
    let limiter = Arc::new(RateLimiter::direct(FIVE_A_SECOND));
    let app = Router::new().route("/", post(order)).with_state(limiter);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    tokio::spawn(axum::serve(listener, app).into_future());
    Ok(url)
}

async fn order(State(limiter): State<Arc<DefaultDirectRateLimiter>>) -> StatusCode {
    match limiter.check() {
        Ok(()) => StatusCode::OK,
        Err(_) => StatusCode::TOO_MANY_REQUESTS,
    }
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

/// Sends requests at a limited rate. To share one among tasks, use an `Arc`.
struct Limiter(Mutex<DefaultDirectRateLimiter>);

impl Limiter {
    fn new(quota: Quota) -> Self {
        Self(Mutex::new(RateLimiter::direct(quota)))
    }

    /// Waits for a token in the order of the calls, then sends the request.
    async fn send(&self, request: RequestBuilder) -> reqwest::Result<Response> {
        // With the lock, calls wait in a queue. The request does not hold it.
        self.0.lock().await.until_ready().await;
        request.send().await
    }
}
