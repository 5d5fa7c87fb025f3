//! All routes, and the layers that each request passes.

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::header::{
    AUTHORIZATION, CONTENT_TYPE, ETAG, HOST, IF_MATCH, IF_NONE_MATCH, LOCATION,
};
use axum::http::uri::Authority;
use axum::http::{HeaderName, HeaderValue, Method, Version};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::SizeAbove;
use tower_http::cors::CorsLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::trace::TraceLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::database::Schema;
use crate::openapi::{self, Document};
use crate::problem::Error;
use crate::state::{App, Resource};
use crate::{auth, extract, idempotency, limits, observe};

/// To add a resource, name it here.
const RESOURCES: &[Resource] = &[crate::users::RESOURCE, crate::orders::RESOURCE];

/// Shorter answers are not worth the time.
const MIN_COMPRESSED: u16 = 1024;

/// The tables of all modules.
pub fn schemas() -> Vec<Schema> {
    let resources = RESOURCES.iter().map(|it| it.schema);
    resources.chain([idempotency::SCHEMA]).collect()
}

/// Routes a request. It passes the layers of `all` from top to bottom, those of
/// `limited` too if its route belongs to the API, and then reaches its handler.
pub fn router(app: &App, origins: Vec<HeaderValue>) -> anyhow::Result<Router> {
    let all = ServiceBuilder::new()
        .map_request(observe::drop_odd_id)
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(observe::span)
                .on_request(())
                .on_response(observe::answered)
                .on_failure(()),
        )
        .layer(from_fn(observe::measure))
        .layer(CompressionLayer::new().compress_when(SizeAbove::new(MIN_COMPRESSED)))
        .layer(cors(origins))
        .layer(CatchPanicLayer::custom(|_| Error::Internal.into_response()))
        .layer(from_fn(check_host));
    let limited = ServiceBuilder::new()
        .layer(from_fn_with_state(app.clone(), auth::check))
        .layer(from_fn(extract::receive))
        .layer(from_fn_with_state(app.clone(), limits::admit));

    let api = OpenApiRouter::with_openapi(Document::openapi());
    let (api, document) = RESOURCES
        .iter()
        .fold(api, |api, resource| api.merge((resource.routes)()))
        .split_for_parts();
    let document = Bytes::from(openapi::with_problems(document).to_json()?);
    let kind = [(CONTENT_TYPE, "application/json")];
    let router = api
        .route_layer(limited)
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
        .layer(all)
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

/// HTTP/1.1 requires exactly one `Host`, and hyper does not check it. A proxy
/// that took another one of two would route the request elsewhere.
async fn check_host(request: Request, next: Next) -> Result<Response, Error> {
    let hosts: Vec<_> = request.headers().get_all(HOST).iter().collect();
    let is_right = match hosts[..] {
        [host] => Authority::try_from(host.as_bytes()).is_ok(),
        [] => request.version() == Version::HTTP_10,
        _ => false,
    };
    if !is_right {
        return Err(Error::malformed("a request has exactly one valid Host"));
    }
    Ok(next.run(request).await)
}
