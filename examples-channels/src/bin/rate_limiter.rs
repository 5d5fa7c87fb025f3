//! Limit calls to five a second, with bursts of three, by a token bucket.
//!
//! Nothing refills the bucket: the moment at which it will be full says how
//! many tokens it holds. `acquire` sleeps with a tokio `Mutex` held, so callers
//! go in the order in which they came, and who is cancelled has taken no token.
//! Seven may wait, the next is refused: a line that grows for ever helps
//! nobody. Not to limit how many run at the same time, which is a `Semaphore`,
//! nor several processes together: each has its own bucket.
//!
//! ```console
//! $ cargo run -p examples-channels --bin rate_limiter
//! 12 calls: 0 0 0 200 400 600 800 1000 1200 1400 ms, 2 refused
//! 4 calls a minute later: 0 0 0 200 ms, 0 refused
//! 1 call, cancelled after 100 ms
//! 2 calls: 100 300 ms, 0 refused
//! ```
//!
//! The clock is paused, so the schedule is exact and the run takes no time.
//!
//! Copy it with `cargo add tokio -F macros,rt,sync,test-util`.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let limiter = RateLimiter::new(Duration::from_millis(200), 3, 7);
    let limiter = Arc::new(limiter);
    println!("12 calls: {}", call(&limiter, 12).await);
    sleep(Duration::from_secs(60)).await;
    println!("4 calls a minute later: {}", call(&limiter, 4).await);

    let patience = Duration::from_millis(100);
    if timeout(patience, limiter.acquire()).await.is_err() {
        println!("1 call, cancelled after 100 ms");
    }
    println!("2 calls: {}", call(&limiter, 2).await);
}

/// Makes so many calls at once and says when each may go ahead.
async fn call(limiter: &Arc<RateLimiter>, count: usize) -> String {
    let start = Instant::now();
    let mut calls = JoinSet::new();
    for _ in 0..count {
        let limiter = Arc::clone(limiter);
        calls.spawn(async move {
            limiter.acquire().await?;
            Ok::<_, Busy>(start.elapsed().as_millis())
        });
    }
    let calls = calls.join_all().await;
    let at: Vec<String> = calls.iter().flatten().map(u128::to_string).collect();
    format!("{} ms, {} refused", at.join(" "), count - at.len())
}

pub(crate) struct RateLimiter {
    /// The time in which one token comes.
    period: Duration,
    /// The time in which all tokens but one come.
    burst: Duration,
    full_at: Mutex<Instant>,
    waiting: Semaphore,
}

/// Too many wait already.
#[derive(Debug)]
pub(crate) struct Busy;

impl RateLimiter {
    pub(crate) fn new(period: Duration, burst: u32, waiting: usize) -> Self {
        Self {
            period,
            burst: period * burst.saturating_sub(1),
            full_at: Mutex::new(Instant::now()),
            waiting: Semaphore::new(waiting),
        }
    }

    /// Waits for a token and takes it.
    pub(crate) async fn acquire(&self) -> Result<(), Busy> {
        let _place = self.waiting.try_acquire().map_err(|_| Busy)?;
        let mut full_at = self.full_at.lock().await;
        let missing = full_at.saturating_duration_since(Instant::now());
        let wait = missing.saturating_sub(self.burst);
        // Even a sleep of no time would last until the next millisecond.
        if !wait.is_zero() {
            sleep(wait).await;
        }
        // The token is taken after the last await, so that who is cancelled
        // there leaves it. It counts from when it was due: a sleep that lasted
        // too long does not lower the rate.
        *full_at = (*full_at).max(Instant::now()) + self.period;
        Ok(())
    }
}
