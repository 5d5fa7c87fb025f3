//! Refuse requests that are too large, too slow or too many, with `tower`.
//!
//! A body of more than 1 KiB is answered with 413, and a handler that takes
//! longer than 500 ms with 504. Of 20 requests at the same time, `fixed`
//! serves four. `load_shed` refuses the others instead of letting them wait,
//! and `overloaded` answers 503. `axum` puts a copy of each layer around every
//! route. The copies of a `GlobalConcurrencyLimitLayer` count together.
//! `broken` uses a `ConcurrencyLimitLayer`, whose copies count alone: its two
//! routes serve 2 x 4 = 8 requests.
//!
//! ```console
//! $ cargo run -p examples-http --bin limits
//! body of 1024 bytes: 200 OK
//! body of 1025 bytes: 413 Payload Too Large
//! handler of 1 s: 504 Gateway Timeout            # 500 ms
//! fixed: 4 requests served, 16 refused           # 600 ms
//! broken: 8 requests served, 12 refused          # 700 ms
//! ```
//!
//! A handler that reads the `Body` itself, without an extractor such as
//! `Bytes`, must handle the error at the limit: a body may come without its
//! length. To limit connections and the time for the head of a request, see
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

use anyhow::bail;
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
        // In a `ServiceBuilder`, the layer that is added first runs first. (On
        // a `Router`, the layer that is added last runs first.)
        .layer(RequestBodyLimitLayer::new(MAX_BODY))
        // `load_shed` returns an error when the limit below it is reached. A
        // `Router` may not fail: `HandleErrorLayer` makes it a response.
        .layer(HandleErrorLayer::new(overloaded))
        .load_shed()
        // This limit and the timeout cover the handler, not the sending of the
        // answer's body.
        .layer(GlobalConcurrencyLimitLayer::new(MAX_REQUESTS))
        // The default would be 408, which blames the client. (A client that
        // sends its body slowly gets the 504 too.)
        .layer(TimeoutLayer::with_status_code(
            StatusCode::GATEWAY_TIMEOUT,
            MAX_TIME,
        ));
    // `with_state` builds the layers. Without it, `oneshot` would build them
    // for each request, and `axum::serve` for each connection. Then the limit
    // of `broken` would start from zero each time.
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

/// `burst` uses the last two routes.
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
            StatusCode::OK => served += 1,
            other => bail!("{other}"),
        }
    }
    Ok(format!("{served} requests served, {refused} refused"))
}
