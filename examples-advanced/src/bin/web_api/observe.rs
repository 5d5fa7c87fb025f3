//! What the outside can see of the server: ids and logs of requests, metrics,
//! health and readiness.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use tokio_util::sync::CancellationToken;
use tracing::level_filters::LevelFilter;
use tracing::{Instrument, error_span};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use uuid::Uuid;

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

/// Gives a request an id, or keeps that of the client if it is readable. All
/// lines that are logged meanwhile, those of libraries too, carry the id.
pub async fn identify(mut request: Request, next: Next) -> Response {
    let id = request.headers().get(&REQUEST_ID);
    let id = id.and_then(|id| id.to_str().ok());
    let id = id.filter(|id| (1..=64).contains(&id.len()));
    let id = id.map_or_else(|| Uuid::new_v4().to_string(), ToString::to_string);
    let span = error_span!("request", request_id = id);
    // Readable ASCII is always a valid value.
    let id = HeaderValue::try_from(id).unwrap_or(HeaderValue::from_static("invalid"));
    request.headers_mut().insert(REQUEST_ID, id.clone());
    let mut response = next.run(request).instrument(span).await;
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

pub async fn observe(
    State(metrics): State<Arc<Metrics>>,
    request: Request,
    next: Next,
) -> Response {
    let mut observed = Observed::begin(metrics, &request);
    let response = next.run(request).await;
    let cause = response.extensions().get::<Cause>();
    observed.answer = Some((response.status().as_u16(), cause.cloned()));
    response
}

/// A request until it is dropped: answered, or given up by its client.
struct Observed {
    metrics: Arc<Metrics>,
    start: Instant,
    method: &'static str,
    route: String,
    path: String,
    answer: Option<(u16, Option<Cause>)>,
}

impl Observed {
    fn begin(metrics: Arc<Metrics>, request: &Request) -> Self {
        metrics.in_flight.inc();
        // The template, since there is no limit to the number of paths.
        let route = request.extensions().get::<MatchedPath>();
        Self {
            metrics,
            start: Instant::now(),
            method: known(request.method()),
            route: route.map_or("none", MatchedPath::as_str).into(),
            path: request.uri().path().into(),
            answer: None,
        }
    }
}

impl Drop for Observed {
    fn drop(&mut self) {
        let (method, path, took) = (self.method, &*self.path, self.start.elapsed());
        let status = match &self.answer {
            Some((status, cause)) if *status >= 500 => {
                let cause = cause.as_ref().map(|it| &*it.0);
                tracing::error!(method, path, status, ?took, cause, "failed");
                status.to_string()
            }
            Some((status, _)) => {
                tracing::debug!(method, path, status, ?took, "answered");
                status.to_string()
            }
            None => {
                tracing::debug!(method, path, ?took, "the client has left");
                "none".into()
            }
        };
        let labels = Labels {
            method,
            route: std::mem::take(&mut self.route),
            status,
        };
        let requests = self.metrics.requests.get_or_create(&labels);
        requests.observe(took.as_secs_f64());
        self.metrics.in_flight.dec();
    }
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

pub async fn metrics(
    State(metrics): State<Arc<Metrics>>,
    State(database): State<Database>,
) -> Result<impl IntoResponse, Error> {
    for (state, number) in database.connections() {
        let gauge = metrics.connections.get_or_create(&[("state", state)]);
        gauge.set(i64::try_from(number).unwrap_or(i64::MAX));
    }
    let mut text = String::new();
    text::encode(&mut text, &metrics.registry).map_err(|fmt::Error| Error::Internal)?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(CONTENT_TYPE, kind)], text))
}

/// There is no limit to the number of methods either.
fn known(method: &Method) -> &'static str {
    let usual = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"];
    usual.into_iter().find(|it| it == method).unwrap_or("other")
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    method: &'static str,
    route: String,
    status: String,
}

pub struct Metrics {
    registry: Registry,
    in_flight: Gauge,
    requests: Family<Labels, Histogram>,
    connections: Family<[(&'static str, &'static str); 1], Gauge>,
}

impl Default for Metrics {
    fn default() -> Self {
        let in_flight = Gauge::default();
        let requests = Family::new_with_constructor((|| Histogram::new(BUCKETS)) as fn() -> _);
        let connections = Family::default();
        let mut registry = Registry::default();
        registry.register("http_requests_in_flight", "Requests", in_flight.clone());
        registry.register_with_unit(
            "http_request_duration",
            "Time until the answer",
            Unit::Seconds,
            requests.clone(),
        );
        registry.register("database_connections", "By state", connections.clone());
        Self {
            registry,
            in_flight,
            requests,
            connections,
        }
    }
}
