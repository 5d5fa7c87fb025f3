//! Log each request with its id, and measure it for Prometheus, in `axum`.
//!
//! `TraceLayer` opens a span for each request: each line of the log inside it
//! shows the id and the path. The client of order 8 disconnects after 50 ms.
//! Its handler is canceled and logs no second line, but `Measured` counts it as
//! canceled. Each metric has a label with the route, `/orders/{id}`. With the
//! path, each order would add a metric, and the memory would fill.
//!
//! ```console
//! $ cargo run -p examples-http --bin observability
//!  INFO request{id="42" path="/orders/7"}: loading order 7
//!  INFO request{id="42" path="/orders/7"}: finished processing request latency=~102 ms status=200
//!  INFO request{id="[..]-[..]" path="/orders/8"}: loading order 8
//!  INFO request{id="[..]-[..]" path="/orders/9"}: loading order 9
//!  INFO request{id="[..]-[..]" path="/orders/9"}: finished processing request latency=[..] ms status=503
//! ERROR request{id="[..]-[..]" path="/orders/9"}: response failed classification=Status code: 503 Service Unavailable latency=[..] ms
//! http_request_seconds_count{route="/orders/{id}",status="200"} 1
//! http_request_seconds_count{route="/orders/{id}",status="503"} 1
//! http_request_seconds_count{route="/orders/{id}",status="canceled"} 1
//! ```
//!
//! For load balancers, see `health`. To send the id back, or not to trust it,
//! see `middleware`. The part to reuse starts at `app`. Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,rt-multi-thread,time
//! cargo add tower -F util
//! cargo add tower-http -F catch-panic,request-id,trace
//! cargo add metrics-exporter-prometheus --no-default-features
//! cargo add tracing-subscriber --no-default-features -F fmt
//! cargo add anyhow axum metrics tracing
//! ```

use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{MatchedPath, Path, Request};
use axum::http::{StatusCode, request};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::get;
use metrics::histogram;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::time::{sleep, timeout};
use tower::{ServiceBuilder, ServiceExt};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{MakeRequestUuid, SetRequestIdLayer};
use tower_http::trace::{DefaultOnResponse, TraceLayer};
use tracing::{Level, Span, info, info_span};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let log = tracing_subscriber::fmt().with_ansi(false); // No colors.
    log.without_time().with_target(false).init();
    // A histogram counts the requests of up to 0.05 s, of up to 0.5 s, and all.
    let prometheus = PrometheusBuilder::new().set_buckets(&[0.05, 0.5])?;
    let (app, metrics_app) = (app(), metrics(prometheus.install_recorder()?));

    ask(&app, Request::get("/orders/7").header("x-request-id", "42")).await?;
    let order = ask(&app, Request::get("/orders/8"));
    timeout(Duration::from_millis(50), order).await.unwrap_err();
    ask(&app, Request::get("/orders/9")).await?;

    let answer = ask(&metrics_app, Request::get("/metrics")).await?;
    let text = to_bytes(answer.into_body(), 100_000).await?;
    let lines = str::from_utf8(&text)?.lines();
    let mut counts: Vec<_> = lines.filter(|it| it.contains("_count{")).collect();
    counts.sort_unstable();
    println!("{}", counts.join("\n"));
    Ok(())
}

async fn ask(app: &Router, request: request::Builder) -> anyhow::Result<Response> {
    Ok(app.clone().oneshot(request.body(Body::empty())?).await?)
}

fn app() -> Router {
    let trace = TraceLayer::new_for_http().make_span_with(span);
    let layers = ServiceBuilder::new()
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .layer(trace.on_response(DefaultOnResponse::new().level(Level::INFO)))
        .layer(from_fn(measure))
        .layer(CatchPanicLayer::new()); // Otherwise a panic counts as canceled.
    Router::new()
        .route("/orders/{id}", get(order))
        .layer(layers)
}

/// Prometheus reads this. Serve it where only your own network can reach it.
fn metrics(metrics: PrometheusHandle) -> Router {
    let handle = metrics.clone();
    tokio::spawn(async move {
        loop {
            // Without this, the histograms grow until somebody reads them.
            sleep(Duration::from_secs(5)).await;
            handle.run_upkeep();
        }
    });
    Router::new().route("/metrics", get(async move || metrics.render()))
}

async fn order(Path(id): Path<u32>) -> StatusCode {
    info!("loading order {id}");
    if id == 9 {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    sleep(Duration::from_millis(100)).await;
    StatusCode::OK
}

fn span(request: &Request) -> Span {
    let id = request.headers().get("x-request-id");
    let id = id.and_then(|id| id.to_str().ok());
    info_span!("request", id, path = request.uri().path())
}

async fn measure(request: Request, next: Next) -> Response {
    let route: Option<&MatchedPath> = request.extensions().get();
    let route = route.map_or("none", MatchedPath::as_str).to_owned();
    let mut measured = Measured {
        labels: [("route", route), ("status", "canceled".into())],
        start: Instant::now(),
    };
    let response = next.run(request).await;
    measured.labels[1].1 = response.status().as_u16().to_string();
    response
}

/// It is dropped when the answer begins, or when the client disconnects.
struct Measured {
    labels: [(&'static str, String); 2],
    start: Instant,
}

impl Drop for Measured {
    fn drop(&mut self) {
        histogram!("http_request_seconds", &self.labels).record(self.start.elapsed());
    }
}
