//! Take a payment once, however often it is sent, with `Idempotency-Key`.
//!
//! Clients that get no answer send their requests again. Then `broken` takes
//! the payment again. In `fixed`, each payment has a key. The first request
//! with a key does the work, and the others wait for its answer. A `moka` cache
//! keeps the answer for a day, unless nothing was paid. The work is a task, so
//! it finishes even if the client leaves. A key belongs to one payment of one
//! client. `{201: 10}` means ten answers with status 201.
//!
//! ```console
//! $ cargo run -p examples-http --bin idempotency
//! broken, 10 together: 10 taken, answers {201: 10}
//! fixed, 10 together: 1 taken, answers {201: 10}
//! fixed, again: 0 taken, answers {201: 1}
//! fixed, another payment: 0 taken, answers {422: 1}
//! fixed, another client: 1 taken, answers {201: 1}
//! fixed, empty key: 0 taken, answers {400: 1}
//! fixed, client leaves: 1 taken, answers {}
//! fixed, client returns: 0 taken, answers {201: 1}
//! ```
//!
//! A restart forgets the keys. In a database, save key and payment in one
//! transaction: see `web_api` in examples-advanced. A client with 100,000 keys
//! pushes out those of the others: see `rate_limit`. Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,rt-multi-thread,time
//! cargo add moka --no-default-features -F future
//! cargo add futures --no-default-features -F alloc
//! cargo add tower -F util
//! cargo add anyhow axum
//! ```

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::routing::post;
use futures::future::join_all;
use moka::future::Cache;
use moka::policy::EvictionPolicy;
use tokio::time::{sleep, timeout};
use tower::ServiceExt;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let app: Router = Router::new()
        .route("/broken", post(take))
        .route("/fixed", post(fixed))
        .layer(DefaultBodyLimit::max(1024))
        .with_state(answers());

    for (case, path, client, key, payment, times) in [
        ("broken, 10 together", "/broken", "Ada", "k1", "5 EUR", 10),
        ("fixed, 10 together", "/fixed", "Ada", "k1", "5 EUR", 10),
        ("fixed, again", "/fixed", "Ada", "k1", "5 EUR", 1),
        ("fixed, another payment", "/fixed", "Ada", "k1", "9 EUR", 1),
        ("fixed, another client", "/fixed", "Ben", "k1", "5 EUR", 1),
        ("fixed, empty key", "/fixed", "Ada", "", "5 EUR", 1),
        ("fixed, client leaves", "/fixed", "Ada", "k2", "5 EUR", 1),
        ("fixed, client returns", "/fixed", "Ada", "k2", "5 EUR", 1),
    ] {
        let mut requests = Vec::new();
        for _ in 0..times {
            let request = Request::post(path)
                .header("x-client", client)
                .header("idempotency-key", key);
            requests.push(app.clone().oneshot(request.body(Body::from(payment))?));
        }
        // At a timeout, the handlers are dropped, as when a client leaves.
        let patience = if case.ends_with("leaves") { 50 } else { 1000 };
        let answers = timeout(Duration::from_millis(patience), join_all(requests)).await;
        // A payment takes 100 ms, even if its client has left.
        sleep(Duration::from_millis(100)).await;
        let mut statuses = BTreeMap::new();
        // After a timeout there is no answer. The router itself never fails.
        for answer in answers.unwrap_or_default().into_iter().flatten() {
            *statuses.entry(answer.status().as_u16()).or_insert(0) += 1;
        }
        let taken = TAKEN.swap(0, Relaxed);
        println!("{case}: {taken} taken, answers {statuses:?}");
    }
    Ok(())
}

static TAKEN: AtomicU32 = AtomicU32::new(0);

/// Takes a payment. An `Err`, such as 503, promises that nothing was taken.
async fn take(_payment: String) -> Result<StatusCode, StatusCode> {
    sleep(Duration::from_millis(100)).await;
    TAKEN.fetch_add(1, Relaxed);
    Ok(StatusCode::CREATED)
}

async fn fixed(State(answers): State<Answers>, headers: HeaderMap, payment: String) -> StatusCode {
    // A `HeaderValue` keeps the whole head of its request in memory: copy it.
    let short = |name: &str| {
        let value = headers.get(name)?.as_bytes();
        (1..=64).contains(&value.len()).then(|| value.to_vec())
    };
    // `x-client` is a stand-in. To check who the client is, see `auth`.
    let Some(client_and_key) = short("x-client").zip(short("idempotency-key")) else {
        return StatusCode::BAD_REQUEST;
    };
    // The task continues if the client leaves and this handler is dropped.
    let task = tokio::spawn(async move {
        // For each key this runs once, and the other requests wait for it.
        let kept = answers.try_get_with(client_and_key, async {
            // If `take` panics, nobody knows whether it has paid. As a task of
            // its own, it then becomes a 500. That is kept: do not pay twice.
            let answer = tokio::spawn(take(payment.clone())).await;
            let answer = answer.unwrap_or(Ok(StatusCode::INTERNAL_SERVER_ERROR));
            // An `Err` is not kept, so the next request may pay.
            answer.map(|answer| (payment.clone(), answer))
        });
        match kept.await {
            Err(answer) => *answer,
            Ok((paid, answer)) if paid == payment => answer,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    });
    task.await.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The payment and its answer, for each client and key.
type Answers = Cache<(Vec<u8>, Vec<u8>), (String, StatusCode)>;

fn answers() -> Answers {
    Cache::builder()
        // With bodies of 1 KiB at most, these take about 160 MB.
        .max_capacity(100_000)
        // By default, a new answer may be dropped in favor of older ones.
        .eviction_policy(EvictionPolicy::lru())
        .time_to_live(Duration::from_secs(24 * 3600))
        .build()
}
