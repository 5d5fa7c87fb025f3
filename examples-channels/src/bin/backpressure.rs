//! Slow a producer down to its consumer's pace with a bounded `mpsc` channel.
//!
//! A file of 100 lines is read faster than its lines are saved, at 10 ms each.
//! The bounded channel has room for two lines; then `send` waits, and the
//! reader slows down to the pace of saving. This is called backpressure. At 970
//! ms the reader is done, while one line is being saved and two wait. The
//! unbounded channel takes all the lines immediately: one is being saved, and
//! 99 wait in memory. A file without end would fill the memory. Time is paused,
//! so the times are exact.
//!
//! ```console
//! $ cargo run -p examples-channels --bin backpressure
//! bounded: read in 970 ms, at most 2 lines waited
//! unbounded: read in 0 ms, at most 99 lines waited
//! ```
//!
//! If the producer cannot wait, such as a sensor, use `try_send` and count the
//! drops. To choose a capacity, see `capacity`. To slow down a peer on the
//! network, see `backpressure_tcp`.
//!
//! Copy it with `cargo add tokio -F macros,test-util`.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

const LINES: u32 = 100;

// Paused time: while all tasks wait, the clock jumps to the next timer.
#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    bounded().await;
    unbounded().await;
}

async fn bounded() {
    let (tx, mut rx) = mpsc::channel(2);
    let start = Instant::now();
    let read = async move {
        for line in 1..=LINES {
            // While two lines wait, this waits too.
            if tx.send(line).await.is_err() {
                break;
            }
        }
        start.elapsed().as_millis()
    };
    let save = async move {
        let mut most = 0;
        while let Some(line) = rx.recv().await {
            save(line).await;
            most = most.max(rx.len());
        }
        most
    };
    let (time, most) = tokio::join!(read, save);
    println!("bounded: read in {time} ms, at most {most} lines waited");
}

async fn unbounded() {
    let (tx, mut rx) = mpsc::unbounded_channel();
    let start = Instant::now();
    let read = async move {
        for line in 1..=LINES {
            // Without an `.await`, nothing holds the reader back.
            if tx.send(line).is_err() {
                break;
            }
        }
        start.elapsed().as_millis()
    };
    let save = async move {
        let mut most = 0;
        while let Some(line) = rx.recv().await {
            save(line).await;
            most = most.max(rx.len());
        }
        most
    };
    let (time, most) = tokio::join!(read, save);
    println!("unbounded: read in {time} ms, at most {most} lines waited");
}

async fn save(_line: u32) {
    sleep(Duration::from_millis(10)).await;
}
