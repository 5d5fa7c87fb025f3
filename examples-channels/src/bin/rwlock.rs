//! Let readers share a lock with `RwLock`, and see how a writer delays them.
//!
//! Each reader or writer of a price list holds the lock for 100 ms. With a
//! `Mutex`, three readers read one after the other. With an `RwLock`, they
//! read at the same time. In the third run, a writer comes between two
//! readers. The first one is still reading, but the second waits for the
//! writer, so the run takes 300 ms, not 200. Otherwise, if readers kept
//! coming, a writer would wait forever. Tokio's clock is paused: it jumps to
//! the next timer instead of waiting, so the times are exact.
//!
//! ```console
//! $ cargo run -p examples-channels --bin rwlock
//! Mutex, three readers: 300 ms
//! RwLock, three readers: 100 ms
//! RwLock, reader, writer, reader: 300 ms
//! ```
//!
//! For short reads, a `Mutex` is enough: see `which_mutex`. If readers wait
//! for the next value, see `watch`.
//!
//! Copy it with `cargo add tokio -F macros,test-util`.

use std::time::Duration;

use tokio::sync::{Mutex, RwLock};
use tokio::time::{Instant, sleep};

/// How long each reader or writer holds the lock.
const HOLD_TIME: Duration = Duration::from_millis(100);

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
    // `biased` polls them in the order written.
    tokio::join!(biased; read(&prices), write(&prices), read(&prices));
    let time = start.elapsed().as_millis();
    println!("RwLock, reader, writer, reader: {time} ms");
}

async fn lock(prices: &Mutex<Vec<u32>>) {
    let _prices = prices.lock().await;
    sleep(HOLD_TIME).await;
}

async fn read(prices: &RwLock<Vec<u32>>) {
    let _prices = prices.read().await;
    sleep(HOLD_TIME).await;
}

async fn write(prices: &RwLock<Vec<u32>>) {
    let mut prices = prices.write().await;
    sleep(HOLD_TIME).await;
    prices.push(10);
}
