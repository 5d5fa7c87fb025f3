//! What one server takes on: load above it is refused at once, with a status
//! that says when to come back, and never queued without end.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::response::Response;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::problem::Error;

/// How long a request may take in all.
const REQUEST_TIME: Duration = Duration::from_secs(10);
/// Clients whose rate is remembered at the same time.
const MAX_CLIENTS: usize = 10_000;

/// Requests that may be under way at the same time.
pub struct Slots(Semaphore);

impl Slots {
    pub fn new(number: usize) -> Self {
        Self(Semaphore::new(number))
    }

    /// Answers a request if there is a slot for it, and within its time.
    pub async fn run(&self, answer: impl Future<Output = Response>) -> Result<Response, Error> {
        let Ok(_slot) = self.0.try_acquire() else {
            return Err(Error::Overloaded);
        };
        timeout(REQUEST_TIME, answer)
            .await
            .map_err(|_| Error::TimedOut)
    }
}

/// A token bucket for each client: `rate` requests a second, and as many at
/// once after a second of rest.
pub struct Rates {
    rate: f64,
    buckets: Mutex<HashMap<String, Bucket>>,
}

struct Bucket {
    left: f64,
    at: Instant,
}

impl Rates {
    pub fn new(rate: u32) -> Self {
        Self {
            rate: rate.into(),
            buckets: Mutex::default(),
        }
    }

    /// Counts one request of a client.
    pub fn take(&self, client: &str) -> Result<(), Error> {
        let now = Instant::now();
        let refilled = |bucket: &Bucket| {
            let since = now.duration_since(bucket.at).as_secs_f64();
            (bucket.left + since * self.rate).min(self.rate)
        };
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = buckets.get_mut(client) {
            bucket.left = refilled(bucket);
            bucket.at = now;
            if bucket.left < 1.0 {
                return Err(Error::TooManyRequests);
            }
            bucket.left -= 1.0;
            return Ok(());
        }
        if buckets.len() >= MAX_CLIENTS {
            // A full bucket says nothing that its absence does not.
            buckets.retain(|_, bucket| refilled(bucket) < self.rate);
        }
        if buckets.len() >= MAX_CLIENTS {
            return Err(Error::TooManyRequests);
        }
        buckets.insert(
            client.into(),
            Bucket {
                left: self.rate - 1.0,
                at: now,
            },
        );
        Ok(())
    }
}
