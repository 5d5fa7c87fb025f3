//! Let a page of another origin call an API, with `CorsLayer` of `tower-http`.
//!
//! A page of app.shop.localhost cancels an order at api.shop.localhost. Before
//! the `DELETE`, the browser sends a preflight: `OPTIONS`, without cookies. In
//! `broken` the authentication comes first and answers the preflight with 401,
//! so the browser never sends the `DELETE`. In `fixed` the `CorsLayer` comes
//! first. It allows one origin by name: with cookies, browsers refuse `*`.
//! Another origin gets 200 too, but without the header that allows it. Open
//! http://app.shop.localhost:3000: of its three calls, only the one to `fixed`
//! with the cookie succeeds.
//!
//! ```console
//! $ cargo run -p examples-http --bin cors &
//! Server running on http://127.0.0.1:3000
//! $ curl -sX OPTIONS -H 'access-control-request-method: DELETE' -w '%{http_code}, allows "%header{access-control-allow-origin}"\n' 127.0.0.1:3000/broken/orders/7 -H 'origin: http://app.shop.localhost:3000'
//! 401, allows ""
//! $ curl -sX OPTIONS -H 'access-control-request-method: DELETE' -w '%{http_code}, allows "%header{access-control-allow-origin}"\n' 127.0.0.1:3000/fixed/orders/7 -H 'origin: http://app.shop.localhost:3000'
//! 200, allows "http://app.shop.localhost:3000"
//! $ curl -sX OPTIONS -H 'access-control-request-method: DELETE' -w '%{http_code}, allows "%header{access-control-allow-origin}"\n' 127.0.0.1:3000/fixed/orders/7 -H 'origin: http://evil.localhost:3000'
//! 200, allows ""
//! $ kill -INT %1
//! ```
//!
//! CORS does not protect an API: a browser sends a form to another site without
//! a preflight. To refuse such a form, see `session`. Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,net,rt-multi-thread,signal
//! cargo add tower-http -F cors
//! cargo add anyhow axum
//! ```

use std::time::Duration;
use std::{env, io};

use anyhow::anyhow;
use axum::Router;
use axum::extract::{Path, Request};
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{delete, get};
use tokio::net::TcpListener;
use tower_http::cors::CorsLayer;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let address = env::args().nth(1).unwrap_or("127.0.0.1:3000".into());
    let listener = listen(&address).await?;
    let mut ctrl_c = ctrl_c()?;

    // An origin is a scheme, a host and a port. In a service it is a setting.
    let port = listener.local_addr()?.port();
    let origin: HeaderValue = format!("http://app.shop.localhost:{port}").parse()?;
    let cors = CorsLayer::new()
        .allow_origin([origin])
        .allow_methods([Method::DELETE])
        .allow_credentials(true)
        // To accept JSON, add `.allow_headers([CONTENT_TYPE])`.
        // A browser need not ask again for ten minutes.
        .max_age(Duration::from_secs(600));

    // On a `Router`, the layer that is added last runs first.
    let orders = Router::new().route("/orders/{id}", delete(cancel_order));
    let auth = from_fn(authenticate);
    let broken = orders.clone().layer(cors.clone()).layer(auth.clone());
    let fixed = orders.layer(auth).layer(cors);
    let app = Router::new()
        .route("/", get(page))
        .nest("/broken", broken)
        .nest("/fixed", fixed);

    println!("Server running on http://{}", listener.local_addr()?);
    tokio::select! {
        served = axum::serve(listener, app) => served?,
        _ = ctrl_c.recv() => {}
    }
    Ok(())
}

async fn cancel_order(Path(id): Path<u32>) -> String {
    format!("order {id} is canceled")
}

/// A stand-in: it expects one cookie, which anybody can guess. See `session`.
async fn authenticate(request: Request, next: Next) -> Response {
    match request.headers().get(COOKIE) {
        Some(cookie) if cookie == "user=ada" => next.run(request).await,
        _ => StatusCode::UNAUTHORIZED.into_response(),
    }
}

/// Sets a cookie in the browser for all hosts of shop.localhost. They are
/// different origins, but one site. For a page of another site, the cookie
/// would need `SameSite=None; Secure`.
async fn page() -> impl IntoResponse {
    let cookie = "user=ada; Domain=shop.localhost; HttpOnly; SameSite=Strict";
    ([(SET_COOKIE, cookie)], Html(PAGE))
}

const PAGE: &str = r#"<!doctype html><title>cors</title>
<pre></pre>
<script type="module">
async function cancelOrder(path, credentials) {
    const api = `http://api.shop.localhost:${location.port}`;
    let answer;
    try {
        const request = { method: "DELETE", credentials };
        const response = await fetch(`${api}/${path}/orders/7`, request);
        answer = `${response.status} ${await response.text()}`;
    } catch (error) {
        answer = error;
    }
    document.querySelector("pre").append(`${path}, ${credentials}: ${answer}\n`);
}
await cancelOrder("broken", "include");
await cancelOrder("fixed", "omit"); // 401, without the cookie
await cancelOrder("fixed", "include");
</script>
"#;

async fn listen(address: &str) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| {
        anyhow!("cannot listen on {address}: {error}; give another address as an argument")
    })
}

/// Catches Ctrl-C from this call on. (`tokio::signal::ctrl_c` would catch it
/// only once it is awaited, and an earlier Ctrl-C would kill the program.)
#[cfg(unix)]
fn ctrl_c() -> io::Result<tokio::signal::unix::Signal> {
    tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())
}

#[cfg(windows)]
fn ctrl_c() -> io::Result<tokio::signal::windows::CtrlC> {
    tokio::signal::windows::ctrl_c()
}
