//! Refuse requests that are too large, too slow or too many, with `tower`.
//!
//! A body of more than 1 KiB is answered with 413, and a handler that takes
//! longer than 500 ms with 408. Of 20 requests at the same time, four are
//! served. `load_shed` refuses the others instead of letting them wait.
//! `overloaded` answers them with 503. The limit must be a
//! `GlobalConcurrencyLimitLayer`. `axum` puts each layer around every route,
//! and a `ConcurrencyLimitLayer` has a separate count for each. With two
//! routes, 2 x 4 = 8 requests are served.
//!
//! ```console
//! $ cargo run -p examples-http --bin limits
//! body of 1024 bytes: 200 OK
//! body of 1025 bytes: 413 Payload Too Large
//! handler of 1 s: 408 Request Timeout            # 500 ms
//! fixed: 4 requests served, 16 refused           # 600 ms
//! broken: 8 requests served, 12 refused          # 700 ms
//! ```
//!
//! To limit connections and the time for the head of a request, see
//! `hello_server`. To order layers, see `middleware`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,rt-multi-thread,time
//! cargo add tower -F limit,load-shed,util
//! cargo add tower-http -F limit,timeout
//! cargo add futures --no-default-features -F alloc
//! cargo add anyhow axum
//! ```

use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::error_handling::HandleErrorLayer;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::routing::{get, post};
use futures::future::try_join_all;
use tokio::time::sleep;
use tower::limit::{ConcurrencyLimitLayer, GlobalConcurrencyLimitLayer};
use tower::{BoxError, ServiceBuilder, ServiceExt};
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

const MAX_BODY: usize = 1024;
const MAX_TIME: Duration = Duration::from_millis(500);
const MAX_REQUESTS: usize = 4;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let layers = ServiceBuilder::new()
        .layer(RequestBodyLimitLayer::new(MAX_BODY))
        // `load_shed` fails when the limit below it is reached. `axum` accepts
        // no errors, so `HandleErrorLayer` above it makes each one a response.
        .layer(HandleErrorLayer::new(overloaded))
        .load_shed()
        .layer(GlobalConcurrencyLimitLayer::new(MAX_REQUESTS))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            MAX_TIME,
        ));
    // `with_state` builds the layers once; `axum::serve` calls it too. Without
    // it, `axum` would build them for each request, and a
    // `ConcurrencyLimitLayer` would start from zero.
    let fixed: Router = router().layer(layers).with_state(());

    for size in [MAX_BODY, MAX_BODY + 1] {
        let body = Body::from(vec![b'.'; size]);
        let request = Request::post("/upload").body(body)?;
        // `oneshot` calls the `Router` directly, without a server.
        let status = fixed.clone().oneshot(request).await?.status();
        println!("body of {size} bytes: {status}");
    }
    let request = Request::get("/slow").body(Body::empty())?;
    let status = fixed.clone().oneshot(request).await?.status();
    println!("handler of 1 s: {status}");
    println!("fixed: {}", burst(&fixed).await?);

    let layers = ServiceBuilder::new()
        .layer(HandleErrorLayer::new(overloaded))
        .load_shed()
        .layer(ConcurrencyLimitLayer::new(MAX_REQUESTS));
    let broken: Router = router().layer(layers).with_state(());
    println!("broken: {}", burst(&broken).await?);
    Ok(())
}

fn router() -> Router {
    Router::new()
        .route("/upload", post(async |body: Bytes| body.len().to_string()))
        .route("/slow", get(async || sleep(Duration::from_secs(1)).await))
        .route("/users", get(list))
        .route("/orders", get(list))
}

async fn list() {
    sleep(Duration::from_millis(100)).await;
}

/// Answers 503 to every error, since only `load_shed` can fail here.
async fn overloaded(_error: BoxError) -> StatusCode {
    StatusCode::SERVICE_UNAVAILABLE
}

/// Sends ten requests to each of two routes, all at the same time.
async fn burst(app: &Router) -> anyhow::Result<String> {
    let mut requests = Vec::new();
    for _ in 0..10 {
        for path in ["/users", "/orders"] {
            let request = Request::get(path).body(Body::empty())?;
            requests.push(app.clone().oneshot(request));
        }
    }
    let (mut served, mut refused) = (0, 0);
    for response in try_join_all(requests).await? {
        match response.status() {
            StatusCode::SERVICE_UNAVAILABLE => refused += 1,
            _ => served += 1,
        }
    }
    Ok(format!("{served} requests served, {refused} refused"))
}
