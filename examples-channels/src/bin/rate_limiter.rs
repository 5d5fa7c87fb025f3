//! Limit calls to five a second, with bursts of three, using a token bucket.
//!
//! Twelve calls arrive at the same time. Each takes a token from a bucket,
//! which holds three and gets a new one every 200 ms. Three calls pass
//! immediately, seven follow, one every 200 ms, and two are refused, because
//! only seven callers may wait. After a quiet minute the bucket is full again.
//! A caller that gives up takes no token. No task puts tokens in: the limiter
//! only stores the moment at which the bucket will be full, and computes the
//! rest. This is known as GCRA, the generic cell rate algorithm.
//!
//! ```console
//! $ cargo run -p examples-channels --bin rate_limiter
//! 12 calls pass at 0 0 0 200 400 600 800 1000 1200 1400 ms, 2 are refused
//! a minute later, 4 calls pass at 0 0 0 200 ms, 0 are refused
//! 1 call gives up after 100 ms
//! 2 calls pass at 100 300 ms, 0 are refused
//! ```
//!
//! Time is paused, so the times are exact. To limit how many calls run at the
//! same time, see `semaphore`. In a service, use the `governor` crate, which
//! also keeps a limit for each client.
//!
//! Take `RateLimiter`.
//!
//! Copy it with `cargo add tokio -F macros,rt,sync,test-util`.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

// Paused time: while all tasks wait, the clock jumps to the next timer.
#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let limiter = RateLimiter::new(Duration::from_millis(200), 3, 7);
    let limiter = Arc::new(limiter);
    println!("12 calls {}", call(&limiter, 12).await);
    sleep(Duration::from_secs(60)).await;
    println!("a minute later, 4 calls {}", call(&limiter, 4).await);

    let start = Instant::now();
    let call_1 = timeout(Duration::from_millis(100), limiter.acquire());
    if call_1.await.is_err() {
        println!("1 call gives up after {} ms", start.elapsed().as_millis());
    }
    println!("2 calls {}", call(&limiter, 2).await);
}

/// Makes calls at the same time, and tells when each one passed.
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
    // `flatten` keeps what is `Ok`: the times of the calls that passed.
    let passed: Vec<String> = calls.iter().flatten().map(u128::to_string).collect();
    let refused = count - passed.len();
    format!("pass at {} ms, {refused} are refused", passed.join(" "))
}

pub struct RateLimiter {
    /// The time between two tokens.
    period: Duration,
    /// The bucket holds one token when it is this far from full.
    tolerance: Duration,
    /// When the bucket will be full. GCRA calls it the theoretical arrival
    /// time. The lock also keeps the callers in order.
    full_at: Mutex<Instant>,
    /// Places for callers that wait; a queue without a limit would grow
    /// forever.
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
        let wait = until_full.saturating_sub(self.tolerance);
        // Even a sleep of zero would last until the next millisecond.
        if !wait.is_zero() {
            sleep(wait).await;
        }
        // There is no `.await` from here on, so a canceled caller has taken no
        // token. Each token delays the full bucket by one period. The period
        // starts when the bucket would have been full, so a late wake-up does
        // not lower the rate. If the bucket is full already, it starts now.
        *full_at = (*full_at).max(Instant::now()) + self.period;
        Ok(())
    }
}
