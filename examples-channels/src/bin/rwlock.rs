//! Let readers share a lock with `RwLock`, and see how a writer delays them.
//!
//! Each reader or writer of a price list holds the lock for 100 ms. With a
//! `Mutex`, three readers take turns. With an `RwLock`, they read at the same
//! time. In the third run, a writer comes between two readers. The second
//! reader now waits for the writer, even though the first one is still reading:
//! tokio's `RwLock` lets nobody pass a waiting writer. Otherwise a stream of
//! readers would keep every writer out. Time is paused, so the times are exact.
//!
//! ```console
//! $ cargo run -p examples-channels --bin rwlock
//! Mutex, three readers: 300 ms
//! RwLock, three readers: 100 ms
//! RwLock, reader, writer, reader: 300 ms
//! ```
//!
//! For short reads, use a `Mutex`: see `which_mutex`. If readers wait for the
//! next value, see `watch`.
//!
//! Copy it with `cargo add tokio -F macros,test-util`.

use std::time::Duration;

use tokio::sync::{Mutex, RwLock};
use tokio::time::{Instant, sleep};

/// How long each of them holds the lock.
const USE: Duration = Duration::from_millis(100);

// Paused time: while all tasks wait, the clock jumps to the next timer.
#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let prices = Mutex::new(vec![9, 12]);
    let start = Instant::now();
    tokio::join!(lock(&prices), lock(&prices), lock(&prices));
    let time = start.elapsed().as_millis();
    println!("Mutex, three readers: {time} ms");

    let prices = RwLock::new(vec![9, 12]);
    let start = Instant::now();
    tokio::join!(read(&prices), read(&prices), read(&prices));
    let time = start.elapsed().as_millis();
    println!("RwLock, three readers: {time} ms");

    let start = Instant::now();
    // `biased` starts them in the order written.
    tokio::join!(biased; read(&prices), write(&prices), read(&prices));
    let time = start.elapsed().as_millis();
    println!("RwLock, reader, writer, reader: {time} ms");
}

async fn lock(prices: &Mutex<Vec<u32>>) {
    let _prices = prices.lock().await;
    sleep(USE).await;
}

async fn read(prices: &RwLock<Vec<u32>>) {
    let _prices = prices.read().await;
    sleep(USE).await;
}

async fn write(prices: &RwLock<Vec<u32>>) {
    let mut prices = prices.write().await;
    sleep(USE).await;
    prices.push(10);
}
