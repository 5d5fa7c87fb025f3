//! Pin a future with `pin!` or `Box::pin` to poll it in a `select!` loop.
//!
//! A download of 250 ms keeps running while a ticker reports every 100 ms. The
//! loop polls it by `&mut`, so it has to be pinned: it must not move. A future
//! may point into itself, here to its own buffer. A `Pin` promises that the
//! future stays where it is until it is dropped. `pin!` pins it on the stack.
//! `Box::pin` pins it on the heap, so the box can be moved, returned or put
//! into a list.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin pin
//! still downloading     # 100 ms
//! still downloading     # 200 ms
//! 5120 bytes            # 250 ms
//! the box has moved: true, its future has moved: false
//! 5120 bytes            # 500 ms
//! ```
//!
//! Without `pin!` the loop does not compile: the future "cannot be unpinned". A
//! `JoinHandle` or a `Receiver` is `Unpin` (free to move): no `pin!`.
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time`.

use std::pin::pin;
use std::ptr;
use std::time::Duration;

use tokio::time::{interval, sleep, timeout};

#[tokio::main]
async fn main() {
    // On the stack: the variable is the pinned reference, so nothing can move
    // the future itself.
    let mut page = pin!(download());
    let mut ticker = interval(Duration::from_millis(100));
    ticker.tick().await;
    let size = loop {
        tokio::select! {
            size = &mut page => break size,
            _ = ticker.tick() => println!("still downloading"),
        }
    };
    println!("{size} bytes");

    // On the heap: this one is started, moved into a list, and continued there.
    let mut page = Box::pin(download());
    let _ = timeout(Duration::from_millis(50), &mut page).await;
    let (old_box, old_future) = (ptr::from_ref(&page), ptr::from_ref(&*page));
    let mut pages = Vec::from([page]);
    let box_moved = ptr::from_ref(&pages[0]) != old_box;
    let future_moved = ptr::from_ref(&*pages[0]) != old_future;
    println!("the box has moved: {box_moved}, its future has moved: {future_moved}");
    println!("{} bytes", (&mut pages[0]).await);
}

/// Waits while it holds a reference to its own variable: both are parts of one
/// future.
async fn download() -> usize {
    let mut buffer = [0; 1024];
    let mut size = 0;
    for _ in 0..5 {
        size += receive(&mut buffer).await;
    }
    size
}

async fn receive(buffer: &mut [u8]) -> usize {
    sleep(Duration::from_millis(50)).await;
    buffer.fill(1);
    buffer.len()
}
