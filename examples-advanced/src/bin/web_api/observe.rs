//! What the outside can see of the server: ids and logs of requests, metrics,
//! health and readiness.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::app::App;
use crate::problem::{Cause, Error};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Upper ends of the histogram's buckets, in milliseconds.
const BUCKETS: [u16; 8] = [1, 5, 10, 50, 100, 500, 1000, 5000];

/// Logs lines of JSON to standard error; of libraries only what is wrong.
pub fn log(level: LevelFilter) {
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

pub async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let start = Instant::now();
    let id = request
        .headers()
        .get(&REQUEST_ID)
        .filter(|id| id.len() <= 64);
    let id = id.cloned().unwrap_or_else(|| app.metrics.next_id());
    let method = known(request.method());
    // The template, since there is no end of paths.
    let route = request.extensions().get::<MatchedPath>();
    let route: Arc<str> = route.map_or("none", MatchedPath::as_str).into();
    let uri = request.uri().clone();

    let counted = app.metrics.begin();
    // A panic is a request's own affair, and its client gets an answer too.
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    let mut response = answer.unwrap_or_else(|_| Error::Internal.into_response());
    drop(counted);

    let (status, took) = (response.status(), start.elapsed());
    let (code, path) = (status.as_u16(), uri.path());
    let request_id = id.to_str().unwrap_or_default();
    if status.is_server_error() {
        let cause = response.extensions().get::<Cause>().map(|it| &*it.0);
        tracing::error!(
            request_id,
            method,
            path,
            status = code,
            ?took,
            cause,
            "failed"
        );
    } else {
        tracing::debug!(request_id, method, path, status = code, ?took, "answered");
    }
    app.metrics.count((method, route, code), took);
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// The server runs. Who hears nothing may start it again.
pub async fn health() -> &'static str {
    "ok"
}

/// It can do its work. Who hears no sends requests elsewhere for a while.
pub async fn ready(State(app): State<Arc<App>>) -> Result<&'static str, Error> {
    if app.stop.is_cancelled() {
        return Err(Error::Stopping);
    }
    app.database.ping().await?;
    Ok("ready")
}

pub async fn metrics(State(app): State<Arc<App>>) -> String {
    let mut text = app.metrics.to_text();
    let pool = &app.database.pool;
    text += "# TYPE database_connections gauge\n";
    let idle = pool.num_idle();
    let used = (pool.size() as usize).saturating_sub(idle);
    for (state, number) in [("idle", idle), ("used", used)] {
        let _ = writeln!(text, "database_connections{{state=\"{state}\"}} {number}");
    }
    text
}

fn known(method: &Method) -> &'static str {
    let usual = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"];
    // There is no end of methods either.
    usual.into_iter().find(|it| it == method).unwrap_or("other")
}

type Series = (&'static str, Arc<str>, u16);

#[derive(Default)]
pub struct Metrics {
    first_id: u64,
    ids: AtomicU64,
    in_flight: AtomicU64,
    requests: Mutex<HashMap<Series, Histogram>>,
}

#[derive(Default)]
struct Histogram {
    buckets: [u64; BUCKETS.len()],
    count: u64,
    sum: Duration,
}

struct InFlight<'a>(&'a AtomicU64);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Metrics {
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self {
            first_id: getrandom::u64()?,
            ..Self::default()
        })
    }

    /// An id that no other server gives, nor this one after a restart.
    fn next_id(&self) -> HeaderValue {
        let number = self.ids.fetch_add(1, Ordering::Relaxed);
        let text = format!("{:016x}-{number}", self.first_id);
        HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
    }

    /// A request is in flight until the guard is dropped, answered or not.
    fn begin(&self) -> InFlight<'_> {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight(&self.in_flight)
    }

    fn count(&self, series: Series, took: Duration) {
        let mut all = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let histogram = all.entry(series).or_default();
        histogram.count += 1;
        histogram.sum += took;
        for (bucket, end) in histogram.buckets.iter_mut().zip(BUCKETS) {
            *bucket += u64::from(took <= Duration::from_millis(end.into()));
        }
    }

    /// All of it in the text format of Prometheus.
    fn to_text(&self) -> String {
        let mut text = String::from("# TYPE http_requests_in_flight gauge\n");
        let in_flight = self.in_flight.load(Ordering::Relaxed);
        let _ = writeln!(text, "http_requests_in_flight {in_flight}");
        text += "# TYPE http_request_duration_seconds histogram\n";
        let all = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        for ((method, route, status), histogram) in &*all {
            let name = "http_request_duration_seconds";
            let labels = format!("method=\"{method}\",route=\"{route}\",status=\"{status}\"");
            let Histogram {
                buckets,
                count,
                sum,
            } = histogram;
            for (bucket, end) in buckets.iter().zip(BUCKETS) {
                let end = f64::from(end) / 1000.0;
                let _ = writeln!(text, "{name}_bucket{{{labels},le=\"{end}\"}} {bucket}");
            }
            let _ = writeln!(
                text,
                "{name}_bucket{{{labels},le=\"+Inf\"}} {count}\n\
                 {name}_sum{{{labels}}} {}\n\
                 {name}_count{{{labels}}} {count}",
                sum.as_secs_f64()
            );
        }
        text
    }
}
