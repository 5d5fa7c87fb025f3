//! Run code around every handler of an `axum` server with `from_fn_with_state`.
//!
//! A layer is code that runs before and after a handler. `from_fn_with_state`
//! makes one of a function. This program adds two layers, and prints the order
//! in which they run. On a `Router`, the layer added last is the outermost. In
//! a `ServiceBuilder`, the layer added first is the outermost. Then
//! `log_request` prints the id of each request and how long it took. Its state
//! counts the requests. `SetRequestIdLayer` keeps the id that a client sent, or
//! sets a random one. `log_request` reads it, so it must be inside.
//!
//! ```console
//! $ cargo run -p examples-http --bin middleware
//! added with Router::layer: second in, first in, handler, first out, second out
//! added with ServiceBuilder: first in, second in, handler, second out, first out
//! request 42: GET /report 200 OK, ~100 ms
//! x-request-id: "42"
//! request [..]: GET /report 200 OK, ~100 ms
//! requests: 2
//! ```
//!
//! A client may send an id of any length, or the id of somebody else. On the
//! internet, remove the header first. To limit the size, the time and the
//! number of requests, see `limits`. To measure a request whose client leaves,
//! see `observability`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,rt-multi-thread,time
//! cargo add tower -F util
//! cargo add tower-http -F request-id
//! cargo add anyhow axum
//! ```

use std::mem;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use tokio::time::sleep;
use tower::{ServiceBuilder, ServiceExt};
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let first = from_fn_with_state("first", trace);
    let second = from_fn_with_state("second", trace);
    let router = Router::new().route("/", get(handler));

    let app = router.clone().layer(first.clone()).layer(second.clone());
    // `oneshot` calls the `Router` directly, without a server.
    app.oneshot(Request::new(Body::empty())).await?;
    println!("added with Router::layer: {}", take_steps());

    let layers = ServiceBuilder::new().layer(first).layer(second);
    let app = router.layer(layers);
    app.oneshot(Request::new(Body::empty())).await?;
    println!("added with ServiceBuilder: {}", take_steps());

    let count = Arc::new(AtomicU32::new(0));
    let layers = ServiceBuilder::new()
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        // `PropagateRequestIdLayer` copies the id into the response.
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(from_fn_with_state(Arc::clone(&count), log_request));
    let app = Router::new().route("/report", get(report)).layer(layers);
    let request = Request::get("/report").header("x-request-id", "42");
    let response = app.clone().oneshot(request.body(Body::empty())?).await?;
    println!("x-request-id: {:?}", response.headers()["x-request-id"]);
    let request = Request::get("/report");
    app.oneshot(request.body(Body::empty())?).await?;
    println!("requests: {}", count.load(Relaxed));
    Ok(())
}

static STEPS: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn add_step(step: String) {
    STEPS.lock().unwrap().push(step);
}

fn take_steps() -> String {
    mem::take(&mut *STEPS.lock().unwrap()).join(", ")
}

async fn trace(State(name): State<&'static str>, request: Request, next: Next) -> Response {
    add_step(format!("{name} in"));
    let response = next.run(request).await;
    add_step(format!("{name} out"));
    response
}

async fn handler() {
    add_step("handler".into());
}

async fn log_request(
    State(count): State<Arc<AtomicU32>>,
    request: Request,
    next: Next,
) -> Response {
    count.fetch_add(1, Relaxed);
    let start = Instant::now();
    // `next.run` takes the request, so keep what the line needs.
    let id = request.headers().get("x-request-id").cloned();
    let id = id.as_ref().and_then(|id| id.to_str().ok()).unwrap_or("-");
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let response = next.run(request).await;
    let (status, elapsed) = (response.status(), start.elapsed().as_millis());
    println!("request {id}: {method} {path} {status}, {elapsed} ms");
    response
}

async fn report() {
    sleep(Duration::from_millis(100)).await;
}
