//! Drop a lock guard before you wait for a task that needs the lock.
//!
//! A loader takes three parcels from a shelf and sends them through a channel
//! with room for one. After each parcel, a driver locks the shelf and
//! looks at it. `lock` returns a guard, and the lock is held until the guard
//! is dropped. In `broken` the guard is created in the `for` expression, so it
//! lives until the loop is done. The loader waits for room in the channel, and
//! the driver waits for the lock: no parcel is delivered. `fixed` takes the
//! parcels in a statement of its own, which drops the guard at its end.
//!
//! ```console
//! $ cargo run -p examples-channels --bin guard_scope
//! broken: timeout, 0 of 3 parcels delivered     # 200 ms
//! fixed: done, 3 of 3 parcels delivered         # 200 ms
//! ```
//!
//! For two locks that are taken in different orders, see `deadlock`. To hold no
//! guard across an `.await`, see `which_mutex`.
//!
//! Copy it with `cargo add tokio -F macros,rt,sync,time`.

use std::mem;
use std::time::Duration;

use tokio::sync::{Mutex, mpsc};
use tokio::time::timeout;

const DELIVERY_TIMEOUT: Duration = Duration::from_millis(200);

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let shelf = Mutex::new(vec![1, 2, 3]);
    let (tx, rx) = mpsc::channel(1);
    let mut delivered = 0;
    let work = async { tokio::join!(broken(&shelf, tx), deliver(rx, &shelf, &mut delivered)) };
    let done = timeout(DELIVERY_TIMEOUT, work).await.is_ok();
    show("broken", done, delivered);

    let shelf = Mutex::new(vec![1, 2, 3]);
    let (tx, rx) = mpsc::channel(1);
    let mut delivered = 0;
    let work = async { tokio::join!(fixed(&shelf, tx), deliver(rx, &shelf, &mut delivered)) };
    let done = timeout(DELIVERY_TIMEOUT, work).await.is_ok();
    show("fixed", done, delivered);
}

async fn broken(shelf: &Mutex<Vec<u32>>, van: mpsc::Sender<u32>) {
    // The guard has no name. It is dropped only when the loop is done.
    for parcel in shelf.lock().await.drain(..) {
        if van.send(parcel).await.is_err() {
            break;
        }
    }
}

async fn fixed(shelf: &Mutex<Vec<u32>>, van: mpsc::Sender<u32>) {
    // This guard is dropped at the semicolon.
    let parcels = mem::take(&mut *shelf.lock().await);
    for parcel in parcels {
        if van.send(parcel).await.is_err() {
            break;
        }
    }
}

async fn deliver(mut van: mpsc::Receiver<u32>, shelf: &Mutex<Vec<u32>>, delivered: &mut u32) {
    while let Some(_parcel) = van.recv().await {
        // This needs the lock. The number itself is not used.
        let _left = shelf.lock().await.len();
        *delivered += 1;
    }
}

fn show(name: &str, done: bool, delivered: u32) {
    let end = if done { "done" } else { "timeout" };
    println!("{name}: {end}, {delivered} of 3 parcels delivered");
}
