//! Log each request with its id, and measure it for Prometheus, in `axum`.
//!
//! Three orders are asked for. `TraceLayer` opens a span for each request, so
//! every line about it has its id, the handler's own line too. The client of
//! order 8 leaves after 50 ms. Its request is canceled and never answered, but
//! `Measured` counts it when it is dropped. The label of a metric is the route,
//! `/orders/{id}`. With the path instead, every order would be a metric of its
//! own, and fill the memory.
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
//! http_request_seconds_count{route="/orders/{id}",status="none"} 1
//! ```
//!
//! For load balancers, see `health`. To order layers, see `middleware`.
//!
//! The part to reuse starts at `app`. Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,rt-multi-thread,time
//! cargo add tower -F util
//! cargo add tower-http -F request-id,trace
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
use tower_http::request_id::{MakeRequestUuid, SetRequestIdLayer};
use tower_http::trace::{DefaultOnResponse, TraceLayer};
use tracing::{Level, Span, info, info_span};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Another crate in the build may turn on colors.
    let log = tracing_subscriber::fmt().with_ansi(false);
    log.without_time().with_target(false).init();
    // Counts the requests of up to 0.05 s, of up to 0.5 s, and all of them.
    let prometheus = PrometheusBuilder::new().set_buckets(&[0.05, 0.5])?;
    let app = app(prometheus.install_recorder()?);

    let order = Request::get("/orders/7").header("x-request-id", "42");
    ask(&app, order).await?;
    let order = ask(&app, Request::get("/orders/8"));
    timeout(Duration::from_millis(50), order).await.unwrap_err();
    ask(&app, Request::get("/orders/9")).await?;

    let metrics = ask(&app, Request::get("/metrics")).await?.into_body();
    let metrics = String::from_utf8(to_bytes(metrics, 100_000).await?.to_vec())?;
    let mut counts: Vec<_> = metrics.lines().collect();
    counts.retain(|line| line.contains("_count{"));
    counts.sort_unstable();
    println!("{}", counts.join("\n"));
    Ok(())
}

async fn ask(app: &Router, request: request::Builder) -> anyhow::Result<Response> {
    Ok(app.clone().oneshot(request.body(Body::empty())?).await?)
}

fn app(metrics: PrometheusHandle) -> Router {
    tokio::spawn(upkeep(metrics.clone()));
    let trace = TraceLayer::new_for_http().make_span_with(span);
    let layers = ServiceBuilder::new()
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .layer(trace.on_response(DefaultOnResponse::new().level(Level::INFO)))
        .layer(from_fn(measure));
    Router::new()
        .route("/orders/{id}", get(order))
        .layer(layers)
        .route("/metrics", get(async move || metrics.render()))
}

/// Loads an order in 100 ms, unless the database is away.
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
        labels: [("route", route), ("status", "none".into())],
        start: Instant::now(),
    };
    let response = next.run(request).await;
    measured.labels[1].1 = response.status().as_u16().to_string();
    response
}

/// Is dropped with the request: with an answer, or when the client leaves.
struct Measured {
    labels: [(&'static str, String); 2],
    start: Instant,
}

impl Drop for Measured {
    fn drop(&mut self) {
        histogram!("http_request_seconds", &self.labels).record(self.start.elapsed());
    }
}

/// Adds up the histograms, which otherwise grow until somebody reads them.
async fn upkeep(metrics: PrometheusHandle) {
    loop {
        sleep(Duration::from_secs(5)).await;
        metrics.run_upkeep();
    }
}
