//! What one server takes on. It refuses more immediately, with a status that
//! says when to come back, instead of letting requests queue without end.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::response::Response;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::problem::Error;

/// How long a request may take in all.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// Addresses whose rate is remembered at the same time.
const MAX_ADDRESSES: usize = 10_000;

/// Requests that may be in progress at the same time.
pub struct Slots(Semaphore);

impl Slots {
    pub fn new(number: NonZeroU32) -> Self {
        Self(Semaphore::new(number.get() as usize))
    }

    /// Answers a request if there is a slot for it, and within its time.
    pub async fn run(&self, answer: impl Future<Output = Response>) -> Result<Response, Error> {
        let Ok(_slot) = self.0.try_acquire() else {
            return Err(Error::Overloaded);
        };
        timeout(REQUEST_TIMEOUT, answer)
            .await
            .map_err(|_| Error::TimedOut)
    }
}

/// A token bucket for each client, and for each address that sends no known
/// token: `rate` requests per second, and as many in a burst after a second of
/// rest.
pub struct Rates {
    rate: f64,
    /// As many as there are names in `TOKENS`.
    clients: Mutex<HashMap<Arc<str>, Bucket>>,
    addresses: Mutex<HashMap<IpAddr, Bucket>>,
}

#[derive(Clone, Copy)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl Rates {
    pub fn new(rate: NonZeroU32) -> Self {
        Self {
            rate: rate.get().into(),
            clients: Mutex::default(),
            addresses: Mutex::default(),
        }
    }

    /// Counts a request of a client.
    pub fn take(&self, client: &Arc<str>) -> Result<(), Error> {
        self.take_one(&mut self.clients.lock().unwrap(), client.clone())
    }

    /// Counts a request without a known token.
    pub fn take_from(&self, address: IpAddr) -> Result<(), Error> {
        let mut addresses = self.addresses.lock().unwrap();
        if addresses.len() >= MAX_ADDRESSES {
            // A full bucket says the same as none.
            addresses.retain(|_, bucket| self.refilled(*bucket) < self.rate);
        }
        if addresses.len() >= MAX_ADDRESSES {
            // All are guessing: start over, rather than lock out newcomers.
            addresses.clear();
        }
        self.take_one(&mut addresses, network(address))
    }

    fn take_one<K: Eq + Hash>(
        &self,
        buckets: &mut HashMap<K, Bucket>,
        key: K,
    ) -> Result<(), Error> {
        let full = Bucket {
            left: self.rate,
            at: Instant::now(),
        };
        let bucket = buckets.entry(key).or_insert(full);
        bucket.left = self.refilled(*bucket);
        bucket.at = full.at;
        if bucket.left < 1.0 {
            return Err(Error::TooManyRequests);
        }
        bucket.left -= 1.0;
        Ok(())
    }

    fn refilled(&self, bucket: Bucket) -> f64 {
        let since = bucket.at.elapsed().as_secs_f64();
        (bucket.left + since * self.rate).min(self.rate)
    }
}

/// One IPv6 client has a network of 2^64 addresses.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
    }
}
