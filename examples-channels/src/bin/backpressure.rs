//! Slow a producer down to its consumer's pace with a bounded `mpsc` channel.
//!
//! A reader reads 100 lines of a file, and a writer saves them, each in 10 ms.
//! In `bounded` the channel has room for two lines. While it is full, `send`
//! waits, so the reader slows down to the pace of the writer. This is called
//! backpressure. The reader needs 970 ms: when it is done, one line is being
//! saved and two are waiting. In `unbounded` the channel takes all lines
//! immediately, and 99 of them wait in memory. A large file could fill the
//! memory. Tokio's clock is paused: it jumps to the next timer instead of
//! waiting.
//!
//! ```console
//! $ cargo run -p examples-channels --bin backpressure
//! bounded: read in 970 ms, at most 2 lines waited
//! unbounded: read in 0 ms, at most 99 lines waited
//! ```
//!
//! If the producer cannot wait, for example a sensor, use `try_send` and count
//! the values that it refuses. To choose a capacity, see `capacity`. To slow
//! down a peer on the network, see `backpressure_tcp` in examples-io.
//!
//! Copy it with `cargo add tokio -F macros,test-util`.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

const LINES: u32 = 100;

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    bounded().await;
    unbounded().await;
}

async fn bounded() {
    let (tx, mut rx) = mpsc::channel(2);
    let start = Instant::now();
    let reader = async move {
        for line in 1..=LINES {
            // While the channel is full, this waits.
            if tx.send(line).await.is_err() {
                break;
            }
        }
        start.elapsed().as_millis()
    };
    let writer = async move {
        let mut most = 0;
        while let Some(line) = rx.recv().await {
            save(line).await;
            most = most.max(rx.len());
        }
        most
    };
    let (time, most) = tokio::join!(reader, writer);
    println!("bounded: read in {time} ms, at most {most} lines waited");
}

async fn unbounded() {
    let (tx, mut rx) = mpsc::unbounded_channel();
    let start = Instant::now();
    let reader = async move {
        for line in 1..=LINES {
            // This never waits, so nothing slows the reader down.
            if tx.send(line).is_err() {
                break;
            }
        }
        start.elapsed().as_millis()
    };
    let writer = async move {
        let mut most = 0;
        while let Some(line) = rx.recv().await {
            save(line).await;
            most = most.max(rx.len());
        }
        most
    };
    let (time, most) = tokio::join!(reader, writer);
    println!("unbounded: read in {time} ms, at most {most} lines waited");
}

async fn save(_line: u32) {
    sleep(Duration::from_millis(10)).await;
}
