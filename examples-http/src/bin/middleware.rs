//! Run code around every handler of an `axum` server with `from_fn_with_state`.
//!
//! A layer runs code before and after a handler. `from_fn_with_state` turns a
//! function into a layer. The first two lines show the order: the outermost
//! layer runs first and ends last. On a `Router`, it is the layer added last.
//! In a `ServiceBuilder`, it is the layer added first. The other lines are
//! about `log_request`, which counts the requests in its state, and logs their
//! ids. `SetRequestIdLayer` keeps the client's id, or sets a random one. It
//! must be outside `log_request`, which reads the id. `PropagateRequestIdLayer`
//! copies the id into the response.
//!
//! ```console
//! $ cargo run -p examples-http --bin middleware
//! added with Router::layer: second in, first in, handler, first out, second out
//! added with ServiceBuilder: first in, second in, handler, second out, first out
//! request 42: GET /report 200 OK, ~100 ms
//! response header x-request-id: "42"
//! request [..]: GET /report 200 OK, ~100 ms
//! requests: 2
//! ```
//!
//! A client may send a long id, or one that another request has. If you do not
//! trust clients, remove the header in a layer around `SetRequestIdLayer`. To
//! limit the size, the time and the number of requests, see `limits`. To
//! measure a request whose client disconnects, see `observability`.
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
    // The state of each layer is its name.
    let first = from_fn_with_state("first", trace);
    let second = from_fn_with_state("second", trace);
    let router = Router::new().route("/", get(handler));

    let app = router.clone().layer(first.clone()).layer(second.clone());
    // `oneshot` calls the `Router` directly, here with `GET /`.
    app.oneshot(Request::new(Body::empty())).await?;
    println!("added with Router::layer: {}", take_steps());

    let layers = ServiceBuilder::new().layer(first).layer(second);
    let app = router.layer(layers);
    app.oneshot(Request::new(Body::empty())).await?;
    println!("added with ServiceBuilder: {}", take_steps());

    let count = Arc::new(AtomicU32::new(0));
    let layers = ServiceBuilder::new()
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(from_fn_with_state(Arc::clone(&count), log_request));
    let app = Router::new().route("/report", get(report)).layer(layers);
    let request = Request::get("/report")
        .header("x-request-id", "42")
        .body(Body::empty())?;
    let response = app.clone().oneshot(request).await?;
    let id = &response.headers()["x-request-id"];
    println!("response header x-request-id: {id:?}");
    let request = Request::get("/report").body(Body::empty())?;
    app.oneshot(request).await?;
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
    // `next.run` takes the request, so keep what the log line needs.
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
