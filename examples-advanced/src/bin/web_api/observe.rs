//! Logs, metrics, health and readiness.

use std::io;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use metrics::{gauge, histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::level_filters::LevelFilter;
use tracing::{Span, error_span};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::database::Database;
use crate::problem::{Cause, Error};

pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Upper ends of the histogram's buckets, in seconds.
const BUCKETS: [f64; 8] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0];

/// Logs lines of JSON to standard error; of libraries only warnings.
pub fn start_logging(level: LevelFilter) {
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_writer(io::stderr);
    let targets = Targets::new()
        .with_default(LevelFilter::WARN.min(level))
        .with_target(env!("CARGO_CRATE_NAME"), level);
    tracing_subscriber::registry()
        .with(lines)
        .with(targets)
        .init();
}

/// Lets the whole program count by `counter!`, `gauge!` and `histogram!`.
pub fn start_metrics() -> anyhow::Result<PrometheusHandle> {
    Ok(PrometheusBuilder::new()
        .set_buckets(&BUCKETS)?
        .install_recorder()?)
}

/// Adds up what the histograms have recorded. Until then, it is kept in memory.
pub async fn upkeep(handle: PrometheusHandle) {
    loop {
        sleep(Duration::from_secs(5)).await;
        handle.run_upkeep();
    }
}

/// Removes an id that cannot be read; the request then gets a new one.
pub fn drop_odd_id(mut request: Request) -> Request {
    let is_odd = request
        .headers()
        .get(&REQUEST_ID)
        .is_some_and(|id| id.to_str().map_or(true, |id| !(1..=64).contains(&id.len())));
    if is_odd {
        request.headers_mut().remove(&REQUEST_ID);
    }
    request
}

/// Everything that is logged about a request carries its span, the lines of
/// libraries too.
pub fn span(request: &Request) -> Span {
    let id = request.headers().get(&REQUEST_ID);
    let request_id = id.and_then(|id| id.to_str().ok());
    let (method, path) = (request.method().as_str(), request.uri().path());
    error_span!("request", request_id, method, path)
}

/// Logs an answer, and why it is an error of ours.
pub fn answered<B>(response: &axum::http::Response<B>, took: Duration, _: &Span) {
    let status = response.status().as_u16();
    if response.status().is_server_error() {
        let cause = response.extensions().get().map(|Cause(cause)| &**cause);
        tracing::error!(status, ?took, cause, "failed");
    } else {
        tracing::debug!(status, ?took, "answered");
    }
}

/// Measures a request. `TraceLayer` would not see a client that leaves.
pub async fn measure(request: Request, next: Next) -> Response {
    let mut measured = Measured::begin(&request);
    let response = next.run(request).await;
    measured.status = Some(response.status().as_u16());
    response
}

/// A request until it is dropped: answered, or given up by its client.
struct Measured {
    begin: Instant,
    span: Span,
    method: &'static str,
    route: String,
    status: Option<u16>,
}

impl Measured {
    fn begin(request: &Request) -> Self {
        gauge!("http_requests_in_flight").increment(1);
        // The template, since there is no limit to the number of paths.
        let route = request
            .extensions()
            .get()
            .map_or("none", MatchedPath::as_str);
        Self {
            begin: Instant::now(),
            span: Span::current(),
            method: known(request.method()),
            route: route.into(),
            status: None,
        }
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        let took = self.begin.elapsed();
        let status = self.status.map_or("none".into(), |it| it.to_string());
        if self.status.is_none() {
            let left = || tracing::debug!(?took, "the client has left");
            self.span.in_scope(left);
        }
        histogram!(
            "http_request_duration_seconds",
            "method" => self.method,
            "route" => std::mem::take(&mut self.route),
            "status" => status,
        )
        .record(took);
        gauge!("http_requests_in_flight").decrement(1);
    }
}

/// There is no limit to the number of methods either.
fn known(method: &Method) -> &'static str {
    let usual = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"];
    usual.into_iter().find(|it| it == method).unwrap_or("other")
}

/// Liveness: no answer means that the process may be restarted.
pub async fn health() -> &'static str {
    "ok"
}

/// Readiness: on "not ready" the load balancer routes elsewhere for a while.
pub async fn ready(
    State(stop): State<CancellationToken>,
    State(database): State<Database>,
) -> Result<&'static str, Error> {
    if stop.is_cancelled() {
        return Err(Error::Stopping);
    }
    if !database.is_ready().await {
        return Err(Error::NotReady);
    }
    Ok("ready")
}

/// The metrics, as Prometheus reads them.
pub async fn metrics(
    State(handle): State<PrometheusHandle>,
    State(database): State<Database>,
) -> impl IntoResponse {
    for (state, number) in database.connections() {
        gauge!("database_connections", "state" => state).set(number);
    }
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(CONTENT_TYPE, kind)], handle.render())
}
