//! Accept a signed webhook: check the HMAC of the raw body, then parse it.
//!
//! A webhook is a request by which another service reports an event. Its
//! signature is an HMAC: a hash of the event and of a secret that both know.
//! `fixed` checks the bytes as they came. `broken` parses the JSON and writes
//! it again without spaces, so the hash differs. A signature is valid for five
//! minutes. Senders repeat an event for days, with a new signature each time.
//! `fixed` keeps each id for four days, and handles each event once.
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
//! A restart forgets the ids, and `seen` keeps only 100,000. To be sure, save
//! each id in the database, in the transaction of its event. Copy it with
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
use moka::policy::EvictionPolicy;
use sha2::Sha256;
use tower::ServiceExt;

const PAID: &str = r#"{"order": 7, "paid": 500}"#;
static HANDLED: AtomicU32 = AtomicU32::new(0);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let seen: Seen = Cache::builder()
        .time_to_live(Duration::from_secs(4 * 24 * 3600))
        .max_capacity(100_000)
        // The default policy may drop a new id to keep the old ones.
        .eviction_policy(EvictionPolicy::lru())
        .build();
    let app: Router = Router::new()
        .route("/broken", post(broken))
        .route("/fixed", post(fixed))
        .with_state(seen);

    for (case, path, id, age, body) in [
        ("broken", "/broken", "event-1", 0, PAID),
        ("fixed", "/fixed", "event-1", 0, PAID),
        ("fixed, sent again", "/fixed", "event-1", 1, PAID),
        ("fixed, body changed", "/fixed", "event-2", 0, "{}"),
        ("fixed, six minutes old", "/fixed", "event-3", 360, PAID),
    ] {
        let time = (UNIX_EPOCH.elapsed()?.as_secs() - age).to_string();
        let hmac = hmac(id, &time, PAID.as_bytes())?.finalize();
        let signature = BASE64_STANDARD.encode(hmac.into_bytes());
        let request = Request::post(path)
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", time)
            .header("webhook-signature", format!("v1,{signature}"))
            .body(Body::from(body))?;
        let status = app.clone().oneshot(request).await?.status();
        println!("{case}: {status}, handled: {}", HANDLED.swap(0, Relaxed));
    }
    Ok(())
}

async fn handle(_event: serde_json::Value) -> anyhow::Result<()> {
    HANDLED.fetch_add(1, Relaxed);
    Ok(())
}

async fn broken(headers: HeaderMap, Json(event): Json<serde_json::Value>) -> StatusCode {
    let genuine = verify(&headers, event.to_string().as_bytes());
    genuine.map_or(StatusCode::UNAUTHORIZED, |_id| StatusCode::OK)
}

type Seen = Cache<String, ()>;

async fn fixed(State(seen): State<Seen>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let Some(id) = verify(&headers, &body) else {
        return StatusCode::UNAUTHORIZED;
    };
    let Ok(event) = serde_json::from_slice(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    // `try_get_with` calls `handle` for a new id, and keeps the id if that
    // succeeds. Meanwhile a repeat waits, so give `handle` a timeout. The task
    // continues even if the sender disconnects.
    let task = tokio::spawn(async move { seen.try_get_with(id, handle(event)).await });
    match task.await {
        Ok(Ok(())) => StatusCode::OK,
        _ => StatusCode::INTERNAL_SERVER_ERROR, // A service also logs the error.
    }
}

/// Returns the id of an event if its signature is right and not too old.
fn verify(headers: &HeaderMap, body: &[u8]) -> Option<String> {
    let header = |name| headers.get(name)?.to_str().ok();
    let (id, time) = (header("webhook-id")?, header("webhook-timestamp")?);
    let now = UNIX_EPOCH.elapsed().ok()?.as_secs();
    if now.abs_diff(time.parse().ok()?) > TOLERANCE {
        return None;
    }
    let hmac = hmac(id, time, body).ok()?;
    // A sender that changes its secret signs with the old and the new one.
    let mut signatures = header("webhook-signature")?.split(' ');
    signatures.find_map(|signature| {
        let bytes = BASE64_STANDARD.decode(signature.strip_prefix("v1,")?);
        // Every wrong signature takes as long, so the time tells nothing.
        hmac.clone().verify_slice(&bytes.ok()?).ok()
    })?;
    Some(id.to_string())
}

fn hmac(id: &str, time: &str, body: &[u8]) -> anyhow::Result<Hmac<Sha256>> {
    let secret = BASE64_STANDARD.decode(SECRET.strip_prefix("whsec_").unwrap_or(SECRET))?;
    let signed = [format!("{id}.{time}.").as_bytes(), body].concat();
    Ok(Hmac::new_from_slice(&secret)?.chain_update(signed))
}

/// In the form of standardwebhooks.com. A service reads it from its settings.
const SECRET: &str = "whsec_MjQgYnl0ZXMgbWFkZSBhdCByYW5kb20h";
/// How many seconds old a signature may be, or ahead of this clock.
const TOLERANCE: u64 = 300;
