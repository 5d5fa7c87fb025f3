//! Check passwords with `argon2` without stalling the server.
//!
//! Without a slow hash, a person who steals the hashes could try many guesses.
//! Eight logins arrive together, while a heartbeat task wakes every 5 ms.
//! `broken` hashes on both worker threads: the heartbeat stops. `fixed` hashes
//! with `spawn_blocking`, one password at a time: each takes 19 MiB and a core.
//! `broken` refuses an unknown user immediately, and so reveals the users.
//! `fixed` checks a dummy hash, which takes as long.
//!
//! ```console,busy
//! $ cargo run -p examples-http --bin password
//! broken: 8 of 8 logged in, heartbeat stops for more than a hash
//! fixed: 8 of 8 logged in, heartbeat stops for less than a hash
//! broken, unknown user: 401 Unauthorized, much quicker than a hash: true
//! fixed, unknown user: 401 Unauthorized, much quicker than a hash: false
//! ```
//!
//! For random tokens, see `auth`. To limit guesses, see `rate_limit`. The part
//! to reuse starts at `Users`. Debug builds hash slowly: set `opt-level = 3` in
//! `[profile.dev.package.argon2]` of Cargo.toml. Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,rt-multi-thread,sync,time
//! cargo add argon2 axum anyhow
//! ```

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier};
use axum::http::StatusCode;
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{sleep, timeout};

#[tokio::main(worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let users = Arc::new(Users {
        hashes: HashMap::from([("ada".into(), hash("swordfish")?)]),
        dummy: hash("no user has this")?,
    });
    let start = Instant::now();
    verify(&users.dummy, "swordfish");
    let one_hash = start.elapsed();

    let logins = (0..8).map(|_| broken(Arc::clone(&users), "ada", "swordfish"));
    let (welcome, gap) = beside_heartbeat(logins).await;
    let gap = if gap > one_hash { "more" } else { "less" };
    println!("broken: {welcome} of 8 logged in, heartbeat stops for {gap} than a hash");

    let logins = (0..8).map(|_| fixed(Arc::clone(&users), "ada", "swordfish"));
    let (welcome, gap) = beside_heartbeat(logins).await;
    let gap = if gap > one_hash { "more" } else { "less" };
    println!("fixed: {welcome} of 8 logged in, heartbeat stops for {gap} than a hash");

    let start = Instant::now();
    let status = broken(Arc::clone(&users), "bob", "swordfish").await;
    let is_quick = start.elapsed() < one_hash / 4;
    println!("broken, unknown user: {status}, much quicker than a hash: {is_quick}");

    let start = Instant::now();
    let status = fixed(users, "bob", "swordfish").await;
    let is_quick = start.elapsed() < one_hash / 4;
    println!("fixed, unknown user: {status}, much quicker than a hash: {is_quick}");
    Ok(())
}

/// How many log in, and the longest time between two beats of the heartbeat.
async fn beside_heartbeat(
    logins: impl Iterator<Item = impl Future<Output = StatusCode> + Send + 'static>,
) -> (usize, Duration) {
    let longest = Arc::new(Mutex::new(Duration::ZERO));
    let gap = Arc::clone(&longest);
    let heartbeat = tokio::spawn(async move {
        loop {
            let start = Instant::now();
            sleep(Duration::from_millis(5)).await;
            let mut gap = gap.lock().unwrap();
            *gap = start.elapsed().max(*gap);
        }
    });
    sleep(Duration::from_millis(20)).await;
    // Collecting into a `JoinSet` spawns a task for each login.
    let answers = logins.collect::<JoinSet<_>>().join_all().await;
    // The heartbeat sees the gap when it beats again.
    sleep(Duration::from_millis(20)).await;
    heartbeat.abort();
    let welcome = answers.iter().filter(|status| status.is_success());
    (welcome.count(), *longest.lock().unwrap())
}

async fn broken(users: Arc<Users>, name: &str, password: &str) -> StatusCode {
    match users.hashes.get(name) {
        Some(hash) if verify(hash, password) => StatusCode::OK,
        _ => StatusCode::UNAUTHORIZED,
    }
}

struct Users {
    hashes: HashMap<String, String>,
    /// Checked for an unknown name, so the answer takes as long.
    dummy: String,
}

async fn fixed(users: Arc<Users>, name: &str, password: &str) -> StatusCode {
    let known = users.hashes.get(name);
    let hash = known.unwrap_or(&users.dummy).clone();
    let password = password.to_string();
    // In a long queue, answer 503 after 2 s.
    let Ok(Ok(permit)) = timeout(Duration::from_secs(2), PERMITS.acquire()).await else {
        return StatusCode::SERVICE_UNAVAILABLE;
    };
    let hashed = spawn_blocking(move || {
        // The permit is held until the hash is done, even if the client leaves.
        let _permit = permit;
        verify(&hash, &password)
    });
    match hashed.await {
        Ok(true) if known.is_some() => StatusCode::OK,
        Ok(_) => StatusCode::UNAUTHORIZED,
        Err(_panic) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn verify(hash: &str, password: &str) -> bool {
    let (argon2, password) = (Argon2::default(), password.as_bytes());
    let hash = PasswordHash::new(hash);
    hash.is_ok_and(|hash| argon2.verify_password(password, &hash).is_ok())
}

/// The hash of a new password, with a random salt. It blocks, as `verify` does:
/// a handler needs a permit and `spawn_blocking` for it, too.
fn hash(password: &str) -> anyhow::Result<String> {
    let hash = Argon2::default().hash_password(password.as_bytes())?;
    Ok(hash.to_string())
}

/// How many hashes may run at the same time: at most all cores but one.
static PERMITS: Semaphore = Semaphore::const_new(1);
