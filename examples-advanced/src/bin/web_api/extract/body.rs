//! Receives a body within limits of its own, and gives a problem as the answer;
//! `RequestBodyLimitLayer` would close the connection of a client that still
//! sends.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::header::EXPECT;
use axum::middleware::Next;
use axum::response::Response;
use tokio::time::timeout;
use tokio_stream::StreamExt;

use crate::problem::Error;

const MAX_BODY: usize = 16 * 1024;
/// A client that still sends would see a reset instead of the answer. So up to
/// this much is read and thrown away.
const MAX_DISCARDED: usize = 4 * 1024 * 1024;
const BODY_TIMEOUT: Duration = Duration::from_secs(5);

/// Receives the body before the request takes one of the server's slots: a slow
/// client occupies nothing but its connection.
pub async fn receive(request: Request, next: Next) -> Result<Response, Error> {
    let (parts, body) = request.into_parts();
    // A client that waits for `100 Continue` has not begun to send.
    let waits = parts.headers.contains_key(EXPECT);
    if waits && body.size_hint().lower() > MAX_BODY as u64 {
        return Err(Error::TooLarge(MAX_BODY));
    }
    let body = timeout(BODY_TIMEOUT, collect(body))
        .await
        .map_err(|_| Error::SlowBody)??;
    let request = Request::from_parts(parts, Body::from(body));
    Ok(next.run(request).await)
}

async fn collect(body: Body) -> Result<Vec<u8>, Error> {
    let mut chunks = body.into_data_stream();
    let (mut bytes, mut size) = (Vec::new(), 0);
    while let Some(chunk) = chunks.next().await {
        let Ok(chunk) = chunk else {
            return Err(Error::malformed("the body is incomplete"));
        };
        size += chunk.len();
        if size <= MAX_BODY {
            bytes.extend_from_slice(&chunk);
        } else if size > MAX_DISCARDED {
            break;
        }
    }
    if size > MAX_BODY {
        return Err(Error::TooLarge(MAX_BODY));
    }
    Ok(bytes)
}
