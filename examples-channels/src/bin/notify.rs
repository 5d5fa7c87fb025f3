//! Wake waiting tasks with `Notify`, and lose no wake-up.
//!
//! `notify_one` without a waiter is kept for the next, but two calls are one
//! permit. So of two couriers who both find the shelf empty, one sleeps on
//! beside the second parcel, unless each joins the waiters (`enable`) before it
//! looks. `notify_waiters` wakes all and keeps nothing. Not where a channel
//! will do, which has all this inside. The clock is tokio's paused one: it goes
//! on only when all sleep, so that who times out is stuck for good.
//!
//! ```console
//! $ cargo run -p examples-channels --bin notify
//! notify_one twice, then two who wait: 1 wakes up
//! three who wait, then notify_waiters: 3 wake up
//! broken: stuck in 3 of 256 timings
//! fixed: stuck in 0 of 256 timings
//! ```
//!
//! Copy it with `cargo add tokio -F macros,test-util`.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::yield_now;
use tokio::time::timeout;

/// A queue by hand; without a limit, so no pattern for a service.
#[derive(Default)]
struct Shelf {
    parcels: Mutex<VecDeque<u32>>,
    filled: Notify,
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let bell = Notify::new();
    bell.notify_one();
    bell.notify_one();
    // `enable` says whether the wake-up has already come.
    let woken = (0..2).filter(|_| pin!(bell.notified()).enable()).count();
    println!("notify_one twice, then two who wait: {woken} wakes up");

    let waiting = [bell.notified(), bell.notified(), bell.notified()];
    bell.notify_waiters();
    let woken = waiting.map(|waiter| pin!(waiter).enable());
    let woken = woken.into_iter().filter(|woken| *woken).count();
    println!("three who wait, then notify_waiters: {woken} wake up");

    println!("broken: stuck in {} of 256 timings", stuck(broken).await);
    println!("fixed: stuck in {} of 256 timings", stuck(fixed).await);
}

async fn broken(shelf: &Shelf) -> u32 {
    loop {
        if let Some(parcel) = shelf.look() {
            return parcel;
        }
        // Another thread may run here at any time; this lets it.
        yield_now().await;
        shelf.filled.notified().await;
    }
}

async fn fixed(shelf: &Shelf) -> u32 {
    loop {
        let mut filled = pin!(shelf.filled.notified());
        filled.as_mut().enable();
        if let Some(parcel) = shelf.look() {
            return parcel;
        }
        yield_now().await;
        filled.await;
    }
}

impl Shelf {
    fn put(&self, parcel: u32) {
        self.lock().push_back(parcel);
        self.filled.notify_one();
    }

    fn look(&self) -> Option<u32> {
        self.lock().pop_front()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<u32>> {
        self.parcels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Two couriers and two parcels come in each order, 0 to 3 steps late.
async fn stuck(take: impl AsyncFn(&Shelf) -> u32) -> usize {
    let mut stuck = 0;
    for timing in 0..256 {
        let shelf = Shelf::default();
        let courier = async |late| {
            wait(late).await;
            take(&shelf).await
        };
        let delivery = async |late, parcel| {
            wait(late).await;
            shelf.put(parcel);
        };
        let all = async {
            tokio::join!(
                courier(timing),
                courier(timing >> 2),
                delivery(timing >> 4, 1),
                delivery(timing >> 6, 2),
            )
        };
        if timeout(Duration::from_secs(1), all).await.is_err() {
            stuck += 1;
        }
    }
    stuck
}

/// The lowest two bits are the number of steps.
async fn wait(late: u32) {
    for _ in 0..late % 4 {
        yield_now().await;
    }
}
