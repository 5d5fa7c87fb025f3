//! Limits on the work that one server takes on. It refuses more immediately,
//! with a status that says when to come back, instead of letting requests queue
//! without end.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::problem::Error;

/// How long a request may take after its body has been received.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// Addresses whose rate is remembered at the same time.
const MAX_ADDRESSES: usize = 10_000;

/// Requests that may be in progress at the same time.
pub struct Slots(Semaphore);

impl Slots {
    pub fn new(number: NonZeroU32) -> Self {
        Self(Semaphore::new(number.get() as usize))
    }
}

/// Answers a request if there is a slot for it, and within its time. By hand,
/// since tower's layers answer without a problem.
pub async fn admit(
    State(slots): State<Arc<Slots>>,
    request: Request,
    next: Next,
) -> Result<Response, Error> {
    let Ok(_slot) = slots.0.try_acquire() else {
        return Err(Error::Overloaded);
    };
    timeout(REQUEST_TIMEOUT, next.run(request))
        .await
        .map_err(|_| Error::TimedOut)
}

/// Requests per second: of each client, and of each address that sends no known
/// token. A client that was quiet for a second may send as many in one burst.
pub struct Rates {
    /// There are no more of them than names in `TOKENS`.
    clients: DefaultKeyedRateLimiter<Arc<str>>,
    addresses: DefaultKeyedRateLimiter<IpAddr>,
}

impl Rates {
    pub fn new(rate: NonZeroU32) -> Self {
        Self {
            clients: RateLimiter::keyed(Quota::per_second(rate)),
            addresses: RateLimiter::keyed(Quota::per_second(rate)),
        }
    }

    /// Counts a request of a client.
    pub fn take(&self, client: &Arc<str>) -> Result<(), Error> {
        self.clients
            .check_key(client)
            .map_err(|_| Error::TooManyRequests)
    }

    /// Counts a request without a known token.
    pub fn take_from(&self, address: IpAddr) -> Result<(), Error> {
        if self.addresses.len() >= MAX_ADDRESSES {
            // Forget the addresses that may send a full burst again.
            self.addresses.retain_recent();
        }
        if self.addresses.len() >= MAX_ADDRESSES {
            return Err(Error::TooManyRequests);
        }
        self.addresses
            .check_key(&network(address))
            .map_err(|_| Error::TooManyRequests)
    }
}

/// One IPv6 client has a network of 2^64 addresses. A listener for both
/// protocols sees an IPv4 address as `::ffff:127.0.0.1`.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.into(),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
    }
}
