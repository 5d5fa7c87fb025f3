//! Examples that build their own synchronisation, run by loom in every order in
//! which their threads can take turns.
//!
//! An example that is included here finds this crate where it says `std`, and
//! with it loom's mutex. A call of one of tokio's own types counts as one step.

extern crate self as std;
extern crate std as real;

#[path = "../examples-channels/src/bin/notify_enable.rs"]
#[expect(dead_code, reason = "its scene is not part of the model")]
mod notify_enable;
#[path = "../examples-channels/src/bin/single_flight.rs"]
#[expect(dead_code, reason = "its scene is not part of the model")]
mod single_flight;

pub mod collections {
    pub use crate::real::collections::{HashMap, VecDeque};
}
pub mod hash {
    pub use crate::real::hash::Hash;
}
pub mod pin {
    pub use crate::real::pin::pin;
}
pub mod sync {
    pub use crate::real::sync::{Arc, atomic};
    pub use loom::sync::Mutex;
}
pub mod time {
    pub use crate::real::time::Duration;
}

use real::future::poll_fn;
use real::pin::pin;
use real::sync::Arc;
use real::sync::atomic::{AtomicU32, Ordering::SeqCst};
use real::task::Poll;

use loom::future::block_on;
use loom::model::Builder;
use loom::thread;
use notify_enable::{Shelf, deliver, fixed};
use single_flight::SingleFlight;

/// Two couriers on two threads, while two parcels arrive: each gets one. With
/// `broken` in the place of `fixed`, loom reports a deadlock; two preemptions
/// are enough for that. Without this bound, the model takes more than 5 minutes.
#[test]
#[ignore = "takes seconds: run it with --ignored"]
fn notify_enable_wakes_both() {
    let mut model = Builder::new();
    model.preemption_bound = Some(2);
    model.check(|| {
        let shelf = Arc::new(Shelf::default());
        let (other, delivery) = (Arc::clone(&shelf), Arc::clone(&shelf));
        let other = thread::spawn(move || block_on(fixed(&other)));
        let delivery = thread::spawn(move || {
            block_on(deliver(&delivery, 1));
            block_on(deliver(&delivery, 2));
        });
        let parcels = block_on(fixed(&shelf)) + other.join().unwrap();
        assert_eq!(parcels, 3, "each courier gets one of the parcels");
        delivery.join().unwrap();
    });
}

/// Two threads that ask twice: their fetches never overlap, and who asks again
/// gets a newer answer.
#[test]
#[ignore = "takes seconds: run it with --ignored"]
fn single_flight_shares() {
    loom::model(|| {
        let users = Users::default();
        let other = users.clone();
        let other = thread::spawn(move || other.get() < other.get());
        assert!(users.get() < users.get(), "an old answer");
        assert!(other.join().unwrap(), "an old answer");
        assert_eq!(users.flights.keys(), 0, "a key is left");
    });
}

/// The first fetch fails, whosever it is.
#[test]
#[ignore = "takes seconds: run it with --ignored"]
fn single_flight_fails() {
    loom::model(|| {
        let users = Users::default();
        users.calls.failures.store(1, SeqCst);
        let other = users.clone();
        let other = thread::spawn(move || other.get().is_ok());
        let ok = [users.get().is_ok(), other.join().unwrap()];
        assert_eq!(ok.iter().filter(|ok| **ok).count(), 1, "one fails");
        assert_eq!(users.flights.keys(), 0, "a key is left");
    });
}

/// One of three callers is cancelled, before, while or after it fetches.
#[test]
#[ignore = "takes seconds: run it with --ignored"]
fn single_flight_is_cancelled() {
    loom::model(|| {
        let users = Users::default();
        let (other, cancelled) = (users.clone(), users.clone());
        let other = thread::spawn(move || other.get().is_ok());
        let cancelled = thread::spawn(move || cancelled.get_and_give_up());
        assert!(users.get().is_ok());
        assert!(other.join().unwrap());
        cancelled.join().unwrap();
        assert_eq!(users.flights.keys(), 0, "a key is left");
    });
}

#[derive(Clone, Default)]
struct Users {
    flights: Arc<SingleFlight<u32, u32>>,
    calls: Arc<Calls>,
}

/// What the backend sees.
#[derive(Default)]
struct Calls {
    all: AtomicU32,
    under_way: AtomicU32,
    failures: AtomicU32,
}

impl Users {
    fn get(&self) -> Result<u32, ()> {
        block_on(self.flights.get(7, || self.calls.fetch()))
    }

    fn get_and_give_up(&self) {
        let mut get = pin!(self.flights.get(7, || self.calls.fetch()));
        block_on(poll_fn(|context| {
            let _ = get.as_mut().poll(context);
            Poll::Ready(())
        }));
    }
}

impl Calls {
    async fn fetch(&self) -> Result<u32, ()> {
        let others = self.under_way.fetch_add(1, SeqCst);
        assert_eq!(others, 0, "two fetches are under way");
        let _call = Call(self);
        wait().await;
        let fails = self.failures.swap(0, SeqCst) == 1;
        let number = self.all.fetch_add(1, SeqCst);
        if fails { Err(()) } else { Ok(number) }
    }
}

/// One call, under way until it is dropped.
struct Call<'a>(&'a Calls);

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, SeqCst);
    }
}

/// Is ready when polled for the second time.
async fn wait() {
    let mut ready = false;
    poll_fn(|context| {
        if ready {
            return Poll::Ready(());
        }
        ready = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
