//! Choose the capacity of an `mpsc` channel by what it gains and what it costs.
//!
//! A channel with a capacity of 100 passes several times as many messages per
//! second as one with 1, where the sender must wait after almost every
//! message. The gain is larger if `main` receives: it has a thread of its own,
//! and to wake a thread takes time. But a larger buffer helps only while both
//! sides are fast. If a detector takes 5 ms for each frame of a camera, it
//! gets no more frames with 100, only older ones. So choose how many messages
//! may wait before they are too old. If in doubt, start with 32.
//!
//! ```console,busy
//! $ cargo run -p examples-channels --bin capacity
//! to a task: ~222 thousand/s with capacity 1, ~1399 thousand/s with 100
//! to main: ~80 thousand/s with capacity 1, ~1550 thousand/s with 100
//! camera, capacity 1: ~160 frames/s, 1 wait, ~12 ms old
//! camera, capacity 100: ~161 frames/s, 100 wait, ~626 ms old
//! ```
//!
//! A channel with a capacity of 1 has a buffer, too, for one message;
//! `channel(0)` panics. To see how a full channel slows the producer down, see
//! `backpressure`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add anyhow
//! cargo add tokio -F macros,rt-multi-thread,sync,time
//! ```

use std::time::{Duration, Instant};

use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::time::sleep;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let one = tokio::spawn(throughput(|| mpsc::channel(1))).await?;
    let hundred = tokio::spawn(throughput(|| mpsc::channel(100))).await?;
    compare("to a task", one, hundred);

    let one = throughput(|| mpsc::channel(1)).await;
    let hundred = throughput(|| mpsc::channel(100)).await;
    compare("to main", one, hundred);

    let (one, hundred) = tokio::join!(detect(mpsc::channel(1)), detect(mpsc::channel(100)));
    println!("camera, capacity 1: {one}");
    println!("camera, capacity 100: {hundred}");
    Ok(())
}

const MESSAGES: u32 = 2_500;

type Channel<T> = (Sender<T>, Receiver<T>);

/// Sends messages from a task to the caller; returns how many thousand arrive
/// per second, in the best of five rounds.
async fn throughput(new_channel: fn() -> Channel<u32>) -> f64 {
    let mut best: f64 = 0.0;
    for _ in 0..5 {
        let (tx, mut rx) = new_channel();
        let start = Instant::now();
        tokio::spawn(async move {
            for number in 0..MESSAGES {
                if tx.send(number).await.is_err() {
                    break;
                }
            }
        });
        let mut received = 0;
        while rx.recv().await.is_some() {
            received += 1;
        }
        let milliseconds = start.elapsed().as_secs_f64() * 1000.0;
        best = best.max(f64::from(received) / milliseconds);
    }
    best
}

fn compare(receiver: &str, one: f64, hundred: f64) {
    println!("{receiver}: {one:.0} thousand/s with capacity 1, {hundred:.0} thousand/s with 100");
}

/// The camera takes 101 frames before the first one is received: 100 fill the
/// buffer, and one waits in `send`. The age is that of a frame taken after
/// these.
const FRAMES: u32 = 104;

/// A camera keeps the channel full; the detector takes 5 ms for each frame.
async fn detect((tx, mut rx): Channel<Instant>) -> String {
    tokio::spawn(async move {
        // A frame is the time at which it was taken.
        while tx.send(Instant::now()).await.is_ok() {}
    });

    let start = Instant::now();
    let (mut age, mut waiting) = (0, 0);
    for _ in 0..FRAMES {
        sleep(Duration::from_millis(5)).await;
        waiting = rx.len();
        if let Some(taken_at) = rx.recv().await {
            age = taken_at.elapsed().as_millis();
        }
    }
    let rate = f64::from(FRAMES) / start.elapsed().as_secs_f64();
    format!("{rate:.0} frames/s, {waiting} wait, {age} ms old")
}
