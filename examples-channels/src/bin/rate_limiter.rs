//! Limit calls to five a second, with bursts of three, using a token bucket.
//!
//! Twelve calls arrive at the same time. Each call takes a token from a bucket,
//! which holds three tokens and gets a new one every 200 ms. Three calls pass
//! immediately, and seven follow, one every 200 ms. Two calls are refused,
//! because only seven may wait. After a quiet minute, the bucket is full again.
//! A caller that gives up takes no token. No task adds the tokens: the limiter
//! stores only the moment at which the bucket will be full, and computes the
//! rest from it. This is called GCRA, the generic cell rate algorithm.
//!
//! ```console
//! $ cargo run -p examples-channels --bin rate_limiter
//! 12 calls pass at 0 0 0 200 400 600 800 1000 1200 1400 ms, 2 are refused
//! a minute later, 4 calls pass at 0 0 0 200 ms, 0 are refused
//! 1 call gives up after 100 ms
//! 2 calls pass at 100 300 ms, 0 are refused
//! ```
//!
//! To limit how many calls run at the same time, see `semaphore`. In a service,
//! use the `governor` crate, which can also limit each client separately.
//!
//! Tokio's clock is paused: it jumps to the next timer instead of waiting, so
//! the times are exact.
//!
//! The part to reuse starts at `RateLimiter`.
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
    println!("12 calls {}", call(&limiter, 12).await);
    sleep(Duration::from_secs(60)).await;
    println!("a minute later, 4 calls {}", call(&limiter, 4).await);

    let start = Instant::now();
    let limit = Duration::from_millis(100);
    if timeout(limit, limiter.acquire()).await.is_err() {
        println!("1 call gives up after {} ms", start.elapsed().as_millis());
    }
    println!("2 calls {}", call(&limiter, 2).await);
}

/// Makes calls at the same time, and waits until all are answered.
async fn call(limiter: &Arc<RateLimiter>, count: usize) -> String {
    let start = Instant::now();
    let mut calls = JoinSet::new();
    for _ in 0..count {
        let limiter = Arc::clone(limiter);
        calls.spawn(async move {
            let acquired = limiter.acquire().await;
            acquired.map(|()| start.elapsed().as_millis())
        });
    }
    let calls = calls.join_all().await;
    // `flatten` keeps only the `Ok`s: the times of the calls that passed.
    let passed: Vec<String> = calls.iter().flatten().map(u128::to_string).collect();
    let refused = count - passed.len();
    format!("pass at {} ms, {refused} are refused", passed.join(" "))
}

pub struct RateLimiter {
    /// The time between two tokens.
    period: Duration,
    /// The time in which a bucket with one token becomes full.
    tolerance: Duration,
    /// When the bucket will be full. A caller holds the lock while it waits
    /// for a token, so the others pass in order.
    full_at: Mutex<Instant>,
    /// One permit for each caller that may wait. Without a limit, the number
    /// of waiting callers could grow without end.
    waiting: Semaphore,
}

/// Too many callers are waiting already.
#[derive(Debug)]
pub struct Busy;

impl RateLimiter {
    pub fn new(period: Duration, burst: u32, waiting: usize) -> Self {
        Self {
            period,
            tolerance: period * burst.saturating_sub(1),
            full_at: Mutex::new(Instant::now()),
            waiting: Semaphore::new(waiting),
        }
    }

    /// Waits for a token and takes it.
    pub async fn acquire(&self) -> Result<(), Busy> {
        let _place = self.waiting.try_acquire().map_err(|_| Busy)?;
        let mut full_at = self.full_at.lock().await;
        let until_full = full_at.saturating_duration_since(Instant::now());
        // A bucket that is full within `tolerance` has a token.
        let wait = until_full.saturating_sub(self.tolerance);
        // Even a sleep of zero would last until the next millisecond.
        if !wait.is_zero() {
            sleep(wait).await;
        }
        // Take the token: the bucket will be full one period later. If the
        // bucket is full, the period starts now. There is no `.await` after
        // this line, so a caller that is canceled has taken no token.
        *full_at = (*full_at).max(Instant::now()) + self.period;
        Ok(())
    }
}
