//! What all requests share, and the way that each of them takes.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::http::header::{ETAG, LOCATION};
use axum::middleware::from_fn_with_state;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use utoipa::{OpenApi, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::{self, Tokens};
use crate::conditions::etag;
use crate::database::Database;
use crate::limits::{Rates, Slots};
use crate::lookup::{Lookup, Row};
use crate::observe::{self, Metrics};
use crate::openapi::{self, Document};
use crate::orders::{self, Order};
use crate::problem::Error;
use crate::users::{self, User};

pub struct App {
    pub database: Database,
    pub users: Lookup<User>,
    pub orders: Lookup<Order>,
    pub tokens: Tokens,
    pub rates: Rates,
    pub slots: Slots,
    pub metrics: Metrics,
    /// Set when the server is about to stop.
    pub stop: CancellationToken,
}

/// From the outside to the inside: a request is observed, its client is known
/// and within limits, and then a handler has it.
pub fn router(app: &Arc<App>) -> Router {
    let (api, document) = OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(users::list, users::create))
        .routes(routes!(users::read, users::replace, users::remove))
        .routes(routes!(orders::list, orders::create))
        .routes(routes!(orders::read, orders::replace, orders::remove))
        .split_for_parts();
    let document = Json(openapi::with_problems(document));

    api.route_layer(from_fn_with_state(app.clone(), auth::check))
        // Those who watch it must get through when clients do not.
        .route("/health", get(observe::health))
        .route("/ready", get(observe::ready))
        .route("/metrics", get(observe::metrics))
        .route("/openapi.json", get(|| async { document }))
        .route("/", get(|| async { Html(openapi::PAGE) }))
        .fallback(|| async { Error::NotFound("path") })
        .method_not_allowed_fallback(|| async { Error::MethodNotAllowed })
        .layer(from_fn_with_state(app.clone(), observe::observe))
        .with_state(app.clone())
}

/// A row that has just been created, as an answer.
pub struct Created<T>(pub T);

impl<T: Row> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        let location = [(LOCATION, self.0.path())];
        (StatusCode::CREATED, location, Current(self.0)).into_response()
    }
}

/// A row as it is now, as an answer.
pub struct Current<T>(pub T);

impl<T: Row> IntoResponse for Current<T> {
    fn into_response(self) -> Response {
        ([(ETAG, etag(self.0.version()))], Json(self.0)).into_response()
    }
}

/// Some rows, and where to go on.
#[derive(Serialize, ToSchema)]
pub struct Page<T> {
    items: Vec<T>,
    /// Give it as `after` to get the next page; there is none if it is null.
    next: Option<i64>,
}

impl<T: Row> Page<T> {
    /// Makes a page of `limit` rows at most; one more says that others follow.
    pub fn of(mut items: Vec<T>, limit: i64) -> Self {
        let limit = usize::try_from(limit).unwrap_or_default();
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(Row::id);
        Self { items, next }
    }
}
