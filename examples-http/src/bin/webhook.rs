//! Accept a signed webhook: check the HMAC of the raw body, then parse it.
//!
//! The sender signs the id, the time and the body of an event with a secret
//! that both know, as Standard Webhooks says. `fixed` checks the bytes as they
//! came. `broken` parses the JSON and checks what `serde_json` writes from it,
//! which has no blanks, so a genuine event is refused. A signature is good for
//! five minutes. Senders repeat an event until it is answered, each time with a
//! new signature: `fixed` handles an id once in ten minutes, then forgets it.
//!
//! ```console
//! $ cargo run -p examples-http --bin webhook
//! broken: 401 Unauthorized, handled: 0
//! fixed: 200 OK, handled: 1
//! fixed, sent again: 200 OK, handled: 0
//! fixed, body changed: 401 Unauthorized, handled: 0
//! fixed, six minutes old: 401 Unauthorized, handled: 0
//! ```
//!
//! To keep ids longer, save each in the transaction that its event makes.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,rt-multi-thread
//! cargo add moka --no-default-features -F future
//! cargo add tower -F util
//! cargo add anyhow axum base64 hmac serde_json sha2
//! ```

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::{Duration, UNIX_EPOCH};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use moka::future::Cache;
use serde_json::Value;
use sha2::Sha256;
use tower::ServiceExt;

const PAID: &str = r#"{"order": 7, "paid": 500}"#;
const CHANGED: &str = r#"{"order": 8, "paid": 500}"#;
static HANDLED: AtomicU32 = AtomicU32::new(0);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let app: Router = Router::new()
        .route("/broken", post(broken))
        .route("/fixed", post(fixed))
        .with_state(seen());

    let paid = sign("event-1", 0, PAID)?;
    let other = sign("event-2", 0, PAID)?;
    let old = sign("event-3", 360, PAID)?;
    for (case, path, headers, body) in [
        ("broken", "/broken", &paid, PAID),
        ("fixed", "/fixed", &paid, PAID),
        ("fixed, sent again", "/fixed", &paid, PAID),
        ("fixed, body changed", "/fixed", &other, CHANGED),
        ("fixed, six minutes old", "/fixed", &old, PAID),
    ] {
        let mut request = Request::post(path).header("content-type", "application/json");
        for (name, value) in HEADERS.iter().zip(headers) {
            request = request.header(*name, value);
        }
        let response = app.clone().oneshot(request.body(Body::from(body))?).await?;
        let (status, handled) = (response.status(), HANDLED.swap(0, Relaxed));
        println!("{case}: {status}, handled: {handled}");
    }
    Ok(())
}

/// What the sender does: the values of `HEADERS`.
fn sign(id: &str, age: u64, body: &str) -> anyhow::Result<[String; 3]> {
    let time = UNIX_EPOCH.elapsed()?.as_secs() - age;
    let mut hmac = Hmac::<Sha256>::new_from_slice(SECRET)?;
    hmac.update(format!("{id}.{time}.{body}").as_bytes());
    let signature = BASE64_STANDARD.encode(hmac.finalize().into_bytes());
    Ok([id.into(), time.to_string(), format!("v1,{signature}")])
}

async fn handle(_event: Value) {
    HANDLED.fetch_add(1, Relaxed);
}

async fn broken(headers: HeaderMap, Json(event): Json<Value>) -> StatusCode {
    let genuine = verify(&headers, event.to_string().as_bytes());
    genuine.map_or(StatusCode::UNAUTHORIZED, |_id| StatusCode::OK)
}

/// Ids of recent events: a signature dated five minutes ahead is good for ten.
type Seen = Cache<String, ()>;

fn seen() -> Seen {
    let seen = Cache::builder().time_to_live(Duration::from_secs(2 * TOLERANCE));
    seen.max_capacity(100_000).build()
}

async fn fixed(State(seen): State<Seen>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let Some(id) = verify(&headers, &body) else {
        return StatusCode::UNAUTHORIZED;
    };
    let Ok(event) = serde_json::from_slice(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    // Of several at the same time, one handles the event and the others wait.
    seen.get_with(id, handle(event)).await;
    StatusCode::OK
}

/// The id of a genuine event.
fn verify(headers: &HeaderMap, body: &[u8]) -> Option<String> {
    let [id, time, signatures] = HEADERS.map(|name| headers.get(name)?.to_str().ok());
    let (id, time) = (id?, time?);
    let now = UNIX_EPOCH.elapsed().ok()?.as_secs();
    if now.abs_diff(time.parse().ok()?) > TOLERANCE {
        return None;
    }
    let mut hmac = Hmac::<Sha256>::new_from_slice(SECRET).ok()?;
    hmac.update(format!("{id}.{time}.").as_bytes());
    hmac.update(body);
    // While the secret changes, the sender signs with the old one and the new.
    let is_right = |signature: &str| {
        let encoded = signature.strip_prefix("v1,").unwrap_or_default();
        let bytes = BASE64_STANDARD.decode(encoded).unwrap_or_default();
        // This compares in constant time.
        hmac.clone().verify_slice(&bytes).is_ok()
    };
    signatures?.split(' ').any(is_right).then(|| id.into())
}

const HEADERS: [&str; 3] = ["webhook-id", "webhook-timestamp", "webhook-signature"];
const SECRET: &[u8] = b"a random one, from the settings";
/// How many seconds old a signature may be, or ahead of this clock.
const TOLERANCE: u64 = 300;
