//! Never miss a wake-up of a `Notify`: call `enable` before checking the state.
//!
//! Two couriers find a shelf empty. Then two parcels arrive, and only then do
//! the couriers start to wait. Each delivery calls `notify_one`. Nobody is
//! waiting yet, so the first call stores a permit for a later waiter, and the
//! second call adds nothing. In `broken` this permit wakes one courier. The
//! other one waits forever next to a parcel; here a timeout of 1 s stops it.
//! In `fixed` each courier calls `enable` before it looks at the shelf. From
//! then on, it counts as waiting. Tokio's clock is paused, so the timeout
//! takes no time.
//!
//! ```console
//! $ cargo run -p examples-channels --bin notify_enable
//! broken: first courier served true, second false
//! fixed: first courier served true, second true
//! ```
//!
//! A channel has no such problem, so use one if you can. With a single waiter,
//! the stored permit is enough: see `notify`.
//!
//! Copy it with `cargo add tokio -F macros,test-util`.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::yield_now;
use tokio::time::timeout;

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let shelf = Shelf::default();
    // `biased` polls them in the order written: couriers first, then parcels.
    let (first, second, (), ()) = tokio::join!(
        biased;
        is_served(broken(&shelf)),
        is_served(broken(&shelf)),
        deliver(&shelf, 1),
        deliver(&shelf, 2),
    );
    println!("broken: first courier served {first}, second {second}");

    let shelf = Shelf::default();
    let (first, second, (), ()) = tokio::join!(
        biased;
        is_served(fixed(&shelf)),
        is_served(fixed(&shelf)),
        deliver(&shelf, 1),
        deliver(&shelf, 2),
    );
    println!("fixed: first courier served {first}, second {second}");
}

async fn is_served(courier: impl Future<Output = u32>) -> bool {
    timeout(Duration::from_secs(1), courier).await.is_ok()
}

pub async fn deliver(shelf: &Shelf, parcel: u32) {
    shelf.put(parcel);
}

pub async fn broken(shelf: &Shelf) -> u32 {
    loop {
        if let Some(parcel) = shelf.take() {
            return parcel;
        }
        // On several threads, parcels may arrive at this point. `yield_now`
        // lets this happen in every run.
        yield_now().await;
        shelf.filled.notified().await;
    }
}

pub async fn fixed(shelf: &Shelf) -> u32 {
    loop {
        // `enable` needs a pinned future, one that cannot move.
        let mut filled = pin!(shelf.filled.notified());
        // From now on, a `notify_one` can wake this courier.
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
    fn put(&self, parcel: u32) {
        self.parcels.lock().unwrap().push_back(parcel);
        self.filled.notify_one();
    }

    fn take(&self) -> Option<u32> {
        self.parcels.lock().unwrap().pop_front()
    }
}
