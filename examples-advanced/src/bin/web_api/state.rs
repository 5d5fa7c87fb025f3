//! What the handlers share. Each takes the part that it needs, by
//! `State<Database>` and so on; only `main` and `router` know the whole.

use std::sync::Arc;

use axum::extract::FromRef;
use tokio_util::sync::CancellationToken;

use crate::auth::Tokens;
use crate::database::Database;
use crate::limits::{Rates, Slots};
use crate::observe::Metrics;

#[derive(Clone, FromRef)]
pub struct App {
    pub database: Database,
    pub tokens: Arc<Tokens>,
    pub rates: Arc<Rates>,
    pub slots: Arc<Slots>,
    pub metrics: Arc<Metrics>,
    /// Canceled when the server begins to stop.
    pub stop: CancellationToken,
}
