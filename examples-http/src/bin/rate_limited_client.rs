//! Send five requests a second after a burst of four, with `governor`.
//!
//! The server accepts five orders immediately, and then one more every 200 ms.
//! It answers 429 to the rest. Eight orders are sent at the same time. If the
//! client has no limiter, three are refused. Three are also refused if each
//! order has its own limiter. If all orders share one, four are sent
//! immediately, and then one every 200 ms. The limiter is behind a `Mutex`, so
//! callers wait in line. Without the `Mutex`, all callers would wake up
//! together, and any one could go next.
//!
//! ```console,unordered
//! $ cargo run -p examples-http --bin rate_limited_client
//! no limiter: 5 of 8 orders placed
//! a limiter for each order: 5 of 8 orders placed
//! order 1: 200 OK
//! order 2: 200 OK
//! order 3: 200 OK
//! order 4: 200 OK
//! order 5: 200 OK                           # 200 ms
//! order 6: 200 OK                           # 400 ms
//! order 7: 200 OK                           # 600 ms
//! order 8: 200 OK                           # 800 ms
//! one limiter for all: 8 of 8 orders placed
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
/// Leaves the server a spare token: requests may arrive closer than they left.
const BURST: NonZeroU32 = NonZeroU32::new(4).unwrap();

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let client = local_client()?;
    let quota = FIVE_A_SECOND.allow_burst(BURST);

    let url = serve().await?;
    let orders = (1..=8).map(|_| client.post(&url).send());
    println!("no limiter: {}", placed(&try_join_all(orders).await?));

    let url = serve().await?;
    let orders = (1..=8).map(async |_| {
        let limiter = Limiter::new(quota);
        limiter.send(client.post(&url)).await
    });
    println!(
        "a limiter for each order: {}",
        placed(&try_join_all(orders).await?)
    );

    let url = serve().await?;
    let limiter = Limiter::new(quota);
    let orders = (1..=8).map(async |order| {
        let response = limiter.send(client.post(&url)).await;
        response.inspect(|it| println!("order {order}: {}", it.status()))
    });
    println!(
        "one limiter for all: {}",
        placed(&try_join_all(orders).await?)
    );
    Ok(())
}

fn placed(orders: &[Response]) -> String {
    let placed = orders.iter().filter(|order| order.status().is_success());
    let placed = placed.count();
    format!("{placed} of {} orders placed", orders.len())
}

/// Starts a server that has five tokens; returns its URL.
async fn serve() -> io::Result<String> {
    // `direct`: one limit for all, not one for each key.
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
        Err(_not_until) => StatusCode::TOO_MANY_REQUESTS,
    }
}

/// A client for this example's own server: no proxy, no certificates.
fn local_client() -> reqwest::Result<Client> {
    // reqwest needs a crypto provider. An error means that one is installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .timeout(Duration::from_secs(1))
        .build()
}

/// Sends requests at a limited rate. Share one among all tasks, in an `Arc`.
struct Limiter(Mutex<DefaultDirectRateLimiter>);

impl Limiter {
    fn new(quota: Quota) -> Self {
        Self(Mutex::new(RateLimiter::direct(quota)))
    }

    /// Waits for a token in the order of the calls, then sends the request.
    async fn send(&self, request: RequestBuilder) -> reqwest::Result<Response> {
        self.0.lock().await.until_ready().await;
        request.send().await
    }
}
