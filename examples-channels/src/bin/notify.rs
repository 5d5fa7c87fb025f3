//! Wake waiting tasks with `Notify`, and lose no wake-up.
//!
//! `notify_one` without a waiter stores one permit, no matter how often it is
//! called; `notify_waiters` stores none. In `broken`, two couriers find the
//! shelf empty, then two parcels arrive, and only then do the couriers wait:
//! one permit wakes one courier, and the other waits forever beside a parcel.
//! In `fixed`, each courier joins the waiters with `enable` before looking.
//! Time is paused: it advances only when all tasks wait, so whoever times out
//! is stuck.
//!
//! ```console
//! $ cargo run -p examples-channels --bin notify
//! notify_one twice, then two waiters: woken true, false
//! two waiters, then notify_waiters: woken true, true
//! broken: 1 of 2 parcels taken
//! fixed: 2 of 2 parcels taken
//! ```
//!
//! If a channel will do, use a channel: it does all this inside.
//!
//! Copy it with `cargo add tokio -F macros,test-util`.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::yield_now;
use tokio::time::timeout;

const TIMEOUT: Duration = Duration::from_secs(1);

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let bell = Notify::new();
    bell.notify_one();
    bell.notify_one();
    let (first, second) = tokio::join!(is_woken(&bell), is_woken(&bell));
    println!("notify_one twice, then two waiters: woken {first}, {second}");

    let ring = async { bell.notify_waiters() };
    let (first, second, ()) = tokio::join!(biased; is_woken(&bell), is_woken(&bell), ring);
    println!("two waiters, then notify_waiters: woken {first}, {second}");

    println!("broken: {} of 2 parcels taken", deliver(broken).await);
    println!("fixed: {} of 2 parcels taken", deliver(fixed).await);
}

async fn is_woken(bell: &Notify) -> bool {
    timeout(TIMEOUT, bell.notified()).await.is_ok()
}

/// Lets two couriers come before two parcels; returns how many are taken.
async fn deliver(take: impl AsyncFn(&Shelf) -> u32) -> usize {
    let shelf = Shelf::default();
    let put = async {
        shelf.put(1);
        shelf.put(2);
    };
    let courier = || timeout(TIMEOUT, take(&shelf));
    let (first, second, ()) = tokio::join!(biased; courier(), courier(), put);
    [first, second].iter().filter(|taken| taken.is_ok()).count()
}

pub async fn broken(shelf: &Shelf) -> u32 {
    loop {
        if let Some(parcel) = shelf.take() {
            return parcel;
        }
        // On several threads, parcels can arrive here; this makes it certain.
        yield_now().await;
        shelf.filled.notified().await;
    }
}

pub async fn fixed(shelf: &Shelf) -> u32 {
    loop {
        let mut filled = pin!(shelf.filled.notified());
        filled.as_mut().enable();
        if let Some(parcel) = shelf.take() {
            return parcel;
        }
        yield_now().await;
        filled.await;
    }
}

#[derive(Default)]
pub struct Shelf {
    parcels: Mutex<VecDeque<u32>>,
    filled: Notify,
}

impl Shelf {
    pub fn put(&self, parcel: u32) {
        self.parcels.lock().unwrap().push_back(parcel);
        self.filled.notify_one();
    }

    fn take(&self) -> Option<u32> {
        self.parcels.lock().unwrap().pop_front()
    }
}
