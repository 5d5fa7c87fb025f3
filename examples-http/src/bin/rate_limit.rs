//! Limit the requests of each client with `governor`, and answer 429.
//!
//! A client may send five requests at the same time, and then one every 200 ms.
//! `fixed` answers the rest with 429; `Retry-After` says how many seconds to
//! wait. A client is an IPv4 address, or an IPv6 network of 2^64 addresses,
//! because one user often has the whole network. `broken` uses tower's
//! `RateLimit`, one limit for all clients. Worse, `axum::serve` builds the
//! layers again for each connection, so 50 connections have 50 limits.
//!
//! ```console
//! $ cargo run -p examples-http --bin rate_limit
//! broken, 50 connections: 50 requests served within a second
//! fixed, 192.0.2.1: 5 served, 45 refused, Retry-After: 1
//! fixed, 2001:db8::1 and 2001:db8::2: 5 served, 45 refused, Retry-After: 1
//! fixed, 192.0.2.1: 5 served, 45 refused, Retry-After: 1  # 1 s
//! ```
//!
//! Behind a proxy, all requests come from its address: see `client_ip`. The
//! part to reuse starts at `limit`. Copy it with
//!
//! ```sh
//! cargo add tokio -F io-util,macros,net,rt-multi-thread,time
//! cargo add governor --no-default-features -F std
//! cargo add futures --no-default-features -F alloc
//! cargo add tower -F buffer,limit,util
//! cargo add anyhow axum
//! ```

use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::error_handling::HandleErrorLayer;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures::future::{join_all, try_join_all};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tower::{BoxError, ServiceBuilder, ServiceExt};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let app = Router::new().route("/", get(async || "hello"));

    let layers = ServiceBuilder::new()
        // `axum` clones services: a `Buffer` is `Clone`, a limit is not.
        .layer(HandleErrorLayer::new(async |_: BoxError| {
            StatusCode::SERVICE_UNAVAILABLE
        }))
        .buffer(1024)
        .rate_limit(5, Duration::from_secs(1));
    // With `.with_state(())` at the end, all connections would share a limit.
    let broken = app.clone().layer(layers);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(axum::serve(listener, broken).into_future());
    let second = Duration::from_secs(1);
    let asked = join_all((0..50).map(|_| timeout(second, ask(address)))).await;
    let served = asked.iter().filter(|it| matches!(it, Ok(Ok(true)))).count();
    println!("broken, 50 connections: {served} requests served within a second");

    let limiter = Arc::new(RateLimiter::keyed(Quota::per_second(RATE)));
    tokio::spawn(forget(Arc::clone(&limiter)));
    let fixed = app.layer(from_fn_with_state(limiter, limit));
    burst(&fixed, &["192.0.2.1"]).await?;
    burst(&fixed, &["2001:db8::1", "2001:db8::2"]).await?;
    sleep(second).await;
    burst(&fixed, &["192.0.2.1"]).await
}

/// Sends a request on a connection of its own. Is it served?
async fn ask(address: SocketAddr) -> io::Result<bool> {
    let mut stream = TcpStream::connect(address).await?;
    let request = b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    stream.write_all(request).await?;
    let mut status = [0; 12];
    stream.read_exact(&mut status).await?;
    Ok(status == *b"HTTP/1.1 200")
}

/// Sends 50 requests in all, from these addresses in turn.
async fn burst(app: &Router, addresses: &[&str]) -> anyhow::Result<()> {
    let mut requests = Vec::new();
    for address in addresses.iter().cycle().take(50) {
        let peer = SocketAddr::new(address.parse()?, 0);
        let request = Request::get("/").extension(ConnectInfo(peer));
        requests.push(app.clone().oneshot(request.body(Body::empty())?));
    }
    let answers = try_join_all(requests).await?;
    let count = |status| answers.iter().filter(|it| it.status() == status).count();
    let (served, refused) = (count(StatusCode::OK), count(StatusCode::TOO_MANY_REQUESTS));
    let retry_after = answers[49].headers()[RETRY_AFTER].to_str()?;
    let client = addresses.join(" and ");
    println!("fixed, {client}: {served} served, {refused} refused, Retry-After: {retry_after}");
    Ok(())
}

/// Serve `app.into_make_service_with_connect_info::<SocketAddr>()`. Without it,
/// there is no `ConnectInfo`, and each answer is a 500.
async fn limit(
    State(limiter): State<Arc<DefaultKeyedRateLimiter<IpAddr>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    if limiter.check_key(&network(peer.ip())).is_err() {
        // 200 ms, rounded up. For a slower rate, ask the error.
        return (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, "1")]).into_response();
    }
    next.run(request).await
}

/// An IPv6 client chooses the last 64 bits of its address itself.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// Frees memory: forgets the clients that have not come for a second. Spawn it.
async fn forget(limiter: Arc<DefaultKeyedRateLimiter<IpAddr>>) {
    loop {
        sleep(Duration::from_secs(1)).await;
        limiter.retain_recent();
    }
}

/// The requests a second, and the most at the same time.
const RATE: NonZeroU32 = NonZeroU32::new(5).unwrap();
