//! A server for the demonstration. It cuts `photos.zip` off, and answers the
//! first request for `backup.tar` with 503.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, CONTENT_RANGE, ETAG, RANGE, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures::{StreamExt, stream};
use reqwest::{Client, Url};
use tokio::net::TcpListener;
use tokio::time::sleep;

static FILE: [u8; 1_000_000] = [b'.'; 1_000_000];

/// Serves the files, and returns their URLs.
pub async fn serve() -> anyhow::Result<Vec<Url>> {
    let app = Router::new()
        .route("/orders.csv", get(async || FILE.as_slice()))
        .route("/photos.zip", get(photos))
        .route("/backup.tar", get(backup));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = Url::parse(&format!("http://{}/", listener.local_addr()?))?;
    tokio::spawn(axum::serve(listener, app).into_future());
    let names = ["orders.csv", "photos.zip", "backup.tar"];
    let urls: Result<_, _> = names.iter().map(|name| url.join(name)).collect();
    Ok(urls?)
}

/// Cuts the file off in the middle. Sends the other half to a request with
/// `Range`.
async fn photos(headers: HeaderMap) -> Response {
    let (first, second) = FILE.split_at(500_000);
    if headers.contains_key(RANGE) {
        let range = (CONTENT_RANGE, "bytes 500000-999999/1000000");
        let headers = [(ETAG, "\"v1\""), range];
        return (StatusCode::PARTIAL_CONTENT, headers, second).into_response();
    }
    let cut = stream::once(async {
        // The first half must arrive before the cut.
        sleep(Duration::from_millis(100)).await;
        Err(io::Error::other("cut"))
    });
    let body = Body::from_stream(stream::iter([Ok(first)]).chain(cut));
    ([(ETAG, "\"v1\""), (CONTENT_LENGTH, "1000000")], body).into_response()
}

/// Answers the first request with 503, and asks for a pause.
async fn backup() -> Response {
    static WAS_ASKED: AtomicBool = AtomicBool::new(false);

    sleep(Duration::from_millis(200)).await;
    if WAS_ASKED.swap(true, Relaxed) {
        return FILE.as_slice().into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "1")]).into_response()
}

/// A client for this example's own server needs no proxy and no certificates.
pub fn local_client() -> reqwest::Result<Client> {
    // Even for http, reqwest needs a crypto library. Set one if there is none.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .timeout(Duration::from_secs(1))
        .build()
}
