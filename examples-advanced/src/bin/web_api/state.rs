//! What the handlers share. Each takes the part that it needs, by
//! `State<Database>` and so on.

use std::sync::Arc;

use axum::extract::FromRef;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;

use crate::auth::Tokens;
use crate::database::{Database, Schema};
use crate::limits::{Rates, Slots};

#[derive(Clone, FromRef)]
pub struct App {
    pub database: Database,
    pub tokens: Arc<Tokens>,
    pub rates: Arc<Rates>,
    pub slots: Arc<Slots>,
    pub metrics: PrometheusHandle,
    /// Canceled when the server begins to stop.
    pub stop: CancellationToken,
}

/// A part of the API: its routes and its tables.
pub struct Resource {
    pub routes: fn() -> OpenApiRouter<App>,
    pub schema: Schema,
}
