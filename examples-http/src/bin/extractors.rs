//! Take a request apart with `axum` extractors, and see what a gap answers.
//!
//! Each argument of a handler is an extractor. They run in the order written,
//! and the first that fails answers in place of the handler. What takes the
//! body comes last, or it does not compile. `Option<Json<_>>` is `None` without
//! a content type, even if there is a body; bad JSON stays an error. A missing
//! `State` is found by the compiler, an `Extension` by the first request.
//!
//! ```console
//! $ cargo run -p examples-http --bin extractors
//! all there        200 Ada at the Harbour: soup for table 4, at once
//! no query         200 Ada at the Harbour: soup for table 4
//! no body          200 Ada at the Harbour: the usual for table 4
//! no content type  200 Ada at the Harbour: the usual for table 4
//! other type       415 Expected request with `Content-Type: application/json`
//! broken JSON      400 Failed to parse the request body as JSON: [..]
//! no dish          422 Failed to deserialize [..]: missing field `dish` [..]
//! odd query        400 Failed to deserialize query string: urgent: [..]
//! odd table        400 Invalid URL: Cannot parse `four` to a `u32`
//! no waiter        400 the header x-waiter is missing
//! odd, no waiter   400 Invalid URL: Cannot parse `four` to a `u32`
//! no such method   405
//! no such path     404
//! no extension     500 Missing request extension: [..]
//! ```
//!
//! Copy it with `cargo add axum anyhow`, `cargo add tower -F util`,
//! `cargo add serde -F derive` and `cargo add tokio -F macros,rt-multi-thread`.

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, Path, Query, State};
use axum::http::request::Parts;
use axum::http::{Request, StatusCode};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde::Deserialize;
use tower::ServiceExt;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let app = Router::new()
        .route("/tables/{table}", post(order))
        .route("/menu", get(menu))
        .with_state(Restaurant {
            name: "the Harbour",
        });

    let soup = r#"{"dish":"soup"}"#;
    let json = ("content-type", "application/json");
    let text = ("content-type", "text/plain");
    let ada = ("x-waiter", "Ada");
    for (case, line, headers, body) in [
        (
            "all there",
            "POST /tables/4?urgent=true",
            vec![ada, json],
            soup,
        ),
        ("no query", "POST /tables/4", vec![ada, json], soup),
        ("no body", "POST /tables/4", vec![ada], ""),
        ("no content type", "POST /tables/4", vec![ada], soup),
        ("other type", "POST /tables/4", vec![ada, text], soup),
        ("broken JSON", "POST /tables/4", vec![ada, json], "{"),
        ("no dish", "POST /tables/4", vec![ada, json], "{}"),
        (
            "odd query",
            "POST /tables/4?urgent=2",
            vec![ada, json],
            soup,
        ),
        ("odd table", "POST /tables/four", vec![ada, json], soup),
        ("no waiter", "POST /tables/4", vec![json], soup),
        ("odd, no waiter", "POST /tables/four", vec![json], soup),
        ("no such method", "PUT /tables/4", vec![ada, json], soup),
        ("no such path", "GET /tables", vec![], ""),
        ("no extension", "GET /menu", vec![], ""),
    ] {
        let (method, path) = line.split_once(' ').unwrap_or((line, "/"));
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request.body(Body::from(body))?;
        // A router is a service: it can be asked without a socket.
        let response = app.clone().oneshot(request).await?;
        let status = response.status().as_u16();
        let answer = to_bytes(response.into_body(), 1024).await?;
        let answer = String::from_utf8_lossy(&answer);
        println!("{}", format!("{case:15}  {status} {answer}").trim_end());
    }
    Ok(())
}

#[derive(Clone)]
struct Restaurant {
    name: &'static str,
}

async fn order(
    State(restaurant): State<Restaurant>,
    Path(table): Path<u32>,
    Query(options): Query<Options>,
    Waiter(waiter): Waiter,
    body: Option<Json<Order>>,
) -> String {
    let dish = body.map_or("the usual".into(), |Json(order)| order.dish);
    let when = if options.urgent { ", at once" } else { "" };
    format!(
        "{waiter} at {}: {dish} for table {table}{when}",
        restaurant.name
    )
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

/// The name in the header `x-waiter`.
struct Waiter(String);

impl<S: Send + Sync> FromRequestParts<S> for Waiter {
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let name = parts.headers.get("x-waiter");
        let name = name.and_then(|name| name.to_str().ok());
        let missing = (StatusCode::BAD_REQUEST, "the header x-waiter is missing");
        name.map(|name| Self(name.into())).ok_or(missing)
    }
}

async fn menu(Extension(dishes): Extension<Vec<String>>) -> String {
    dishes.join(", ")
}
