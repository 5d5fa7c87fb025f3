//! Read a request with `axum` extractors, and see how each one fails.
//!
//! Each argument of a handler is an extractor. They run in the order written.
//! If one fails, its error is the answer, and the handler does not run. The
//! extractor of the body, such as `Json`, must come last, or the handler does
//! not compile. Beware of `Option<Json<_>>`: without a content type, it ignores
//! the body, so a guest who orders soup gets the default dish. A plain `Json`
//! would answer 415. The compiler finds a missing `State`. A missing
//! `Extension` (a value that a layer adds) fails only when a request needs it.
//!
//! ```console
//! $ cargo run -p examples-http --bin extractors
//! complete         200 Ada at the Harbor: soup for table 4, urgent
//! no query         200 Ada at the Harbor: soup for table 4
//! no body          200 Ada at the Harbor: the default dish for table 4
//! no content type  200 Ada at the Harbor: the default dish for table 4
//! other type       415 Expected request with `Content-Type: application/json`
//! broken JSON      400 Failed to parse the request body as JSON: [..]
//! no dish          422 Failed to deserialize [..]: missing field `dish` [..]
//! bad query        400 Failed to deserialize query string: urgent: [..]
//! bad table        400 Invalid URL: Cannot parse `four` to a `u32`
//! no waiter        400 x-waiter is missing or not text
//! both errors      400 Invalid URL: Cannot parse `four` to a `u32`
//! no extension     500 Missing request extension: [..]
//! ```
//!
//! To answer every error in the same form, see `error_responses`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,rt-multi-thread
//! cargo add serde -F derive
//! cargo add tower -F util
//! cargo add anyhow axum
//! ```

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, Path, Query, State};
use axum::http::request::Parts;
use axum::http::{Request, StatusCode};
use axum::routing::post;
use axum::{Extension, Json, Router};
use serde::Deserialize;
use tower::ServiceExt;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let app = Router::new()
        .route("/tables/{table}", post(order))
        .route("/menu", post(menu))
        .with_state(Restaurant { name: "the Harbor" });

    let json = "application/json";
    let soup = r#"{"dish":"soup"}"#;
    // The case, the path, the headers x-waiter and content-type ("" for none),
    // the body.
    for (case, path, waiter, content_type, body) in [
        ("complete", "/tables/4?urgent=true", "Ada", json, soup),
        ("no query", "/tables/4", "Ada", json, soup),
        ("no body", "/tables/4", "Ada", "", ""),
        ("no content type", "/tables/4", "Ada", "", soup),
        ("other type", "/tables/4", "Ada", "text/plain", soup),
        ("broken JSON", "/tables/4", "Ada", json, "{"),
        ("no dish", "/tables/4", "Ada", json, "{}"),
        ("bad query", "/tables/4?urgent=2", "Ada", json, soup),
        ("bad table", "/tables/four", "Ada", json, soup),
        ("no waiter", "/tables/4", "", json, soup),
        ("both errors", "/tables/four", "", json, soup),
        ("no extension", "/menu", "Ada", json, soup),
    ] {
        let mut request = Request::post(path);
        if !waiter.is_empty() {
            request = request.header("x-waiter", waiter);
        }
        if !content_type.is_empty() {
            request = request.header("content-type", content_type);
        }
        // `oneshot` calls the `Router` directly, without a server.
        let response = app.clone().oneshot(request.body(Body::from(body))?).await?;
        let status = response.status().as_u16();
        let answer = to_bytes(response.into_body(), 1024).await?;
        println!("{case:15}  {status} {}", String::from_utf8_lossy(&answer));
    }
    Ok(())
}

async fn order(
    State(restaurant): State<Restaurant>,
    Path(table): Path<u32>,
    Query(options): Query<Options>,
    Waiter(waiter): Waiter,
    body: Option<Json<Order>>,
) -> String {
    let restaurant = restaurant.name;
    let dish = body.map_or("the default dish".into(), |Json(Order { dish })| dish);
    let urgent = if options.urgent { ", urgent" } else { "" };
    format!("{waiter} at {restaurant}: {dish} for table {table}{urgent}")
}

#[derive(Clone)]
struct Restaurant {
    name: &'static str,
}

#[derive(Deserialize)]
struct Options {
    #[serde(default)]
    urgent: bool,
}

#[derive(Deserialize)]
struct Order {
    dish: String,
}

/// The name in the header `x-waiter`. An extractor that needs no body
/// implements `FromRequestParts`, here for every type of state `S`.
struct Waiter(String);

impl<S: Send + Sync> FromRequestParts<S> for Waiter {
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let header = parts.headers.get("x-waiter");
        match header.and_then(|name| name.to_str().ok()) {
            Some(name) => Ok(Self(name.into())),
            None => Err((StatusCode::BAD_REQUEST, "x-waiter is missing or not text")),
        }
    }
}

async fn menu(Extension(dishes): Extension<Vec<String>>) -> String {
    dishes.join(", ")
}
