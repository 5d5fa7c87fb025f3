//! All routes, and the layers that each request passes.

use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderName;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, LOCATION};
use axum::http::{HeaderValue, Method};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::CorsLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::database::Schema;
use crate::openapi::{self, Document};
use crate::problem::Error;
use crate::resource::Resource;
use crate::state::App;
use crate::{auth, idempotency, observe, orders, users};

/// To add a resource, name it here.
const RESOURCES: [Resource; 2] = [users::RESOURCE, orders::RESOURCE];

/// The tables in the order of their creation.
pub fn schemas() -> Vec<Schema> {
    let resources = RESOURCES.map(|it| it.schema);
    resources.into_iter().chain([idempotency::SCHEMA]).collect()
}

/// Routes a request through the layers, the last one first: it gets an id, is
/// logged and measured; its client is known and within its limits; then the
/// handler gets it.
pub fn router(app: &App, origins: Vec<HeaderValue>) -> anyhow::Result<Router> {
    let api = OpenApiRouter::with_openapi(Document::openapi());
    let (api, document) = RESOURCES
        .iter()
        .fold(api, |api, resource| api.merge((resource.routes)()))
        .split_for_parts();
    let document = openapi::with_problems(document).to_json()?;
    let document = Bytes::from(document);
    let kind = [(CONTENT_TYPE, "application/json")];

    let router = api
        .route_layer(from_fn_with_state(app.clone(), auth::check))
        // These must answer when the API is overloaded.
        .route("/health", get(observe::health))
        .route("/ready", get(observe::ready))
        .route("/metrics", get(observe::metrics))
        .route(
            "/openapi.json",
            get(move || async move { (kind, document) }),
        )
        .route("/", get(|| async { Html(openapi::PAGE) }))
        .fallback(|| async { Error::NotFound("path") })
        .method_not_allowed_fallback(|| async { Error::MethodNotAllowed })
        .layer(CatchPanicLayer::custom(|_| Error::Internal.into_response()))
        .layer(cors(origins))
        .layer(from_fn_with_state(app.clone(), observe::observe))
        .layer(from_fn(observe::identify))
        .with_state(app.clone());
    Ok(router)
}

/// Lets pages of these origins use the API; by default there are none.
fn cors(origins: Vec<HeaderValue>) -> CorsLayer {
    const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([
            AUTHORIZATION,
            CONTENT_TYPE,
            IF_MATCH,
            IF_NONE_MATCH,
            IDEMPOTENCY_KEY,
        ])
        .expose_headers([ETAG, LOCATION, observe::REQUEST_ID])
}
