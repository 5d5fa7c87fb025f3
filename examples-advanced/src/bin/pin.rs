//! Pin a future with `pin!` or `Box::pin` to poll it in a `select!` loop.
//!
//! A download takes 250 ms, and a ticker reports every 100 ms that it is still
//! running. Each round of the loop polls the same future through `&mut page`.
//! This needs a pinned future: one that stays at its place in memory. The
//! reason is that a future may refer to itself. Here it holds a buffer and a
//! reference to that buffer, and a move would make the reference invalid.
//! `pin!` pins a future in the current function. `Box::pin` pins it on the
//! heap: the box can be moved into a list or returned, and the future stays.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin pin
//! still downloading                                           # 100 ms
//! still downloading                                           # 200 ms
//! 5120 bytes                                                  # 250 ms
//! the box has moved, its future is at the same place: true    # 400 ms
//! 5120 bytes                                                  # 500 ms
//! ```
//!
//! Without `pin!` the loop does not compile: the future "cannot be unpinned".
//! Some futures, such as a `JoinHandle`, may move. They are `Unpin` and need no
//! `pin!`.
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time`.

use std::pin::pin;
use std::ptr;
use std::time::Duration;

use tokio::time::{interval, sleep, timeout};

#[tokio::main]
async fn main() {
    // `page` is a reference to the future. The future itself has no name, so no
    // code can move it.
    let mut page = pin!(download());
    let mut ticker = interval(Duration::from_millis(100));
    ticker.tick().await; // The first tick comes immediately.
    let size = loop {
        tokio::select! {
            size = &mut page => break size,
            _ = ticker.tick() => println!("still downloading"),
        }
    };
    println!("{size} bytes");

    let mut page = Box::pin(download());
    // Wait 150 ms. The timeout drops only the reference, so the download can
    // continue. Had it been done in time, the second await would panic.
    let _ = timeout(Duration::from_millis(150), &mut page).await;
    let old_place = ptr::from_ref(&*page);
    let mut pages = Vec::from([page]);
    let same = ptr::from_ref(&*pages[0]) == old_place;
    println!("the box has moved, its future is at the same place: {same}");
    // Await the future through a reference, and leave the box in the list.
    println!("{} bytes", (&mut pages[0]).await);
}

/// While `receive` waits, this future holds both `buffer` and a reference to
/// it.
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
