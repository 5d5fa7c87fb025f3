//! Slow a producer down to its consumer's pace with a bounded `mpsc` channel.
//!
//! A file is read faster than its lines are saved. When 2 wait, `send` waits as
//! well: no line is older than 30 ms when its turn comes. An unbounded channel
//! takes all 100 at once, the last one waits for 990 ms, and endless input
//! fills the memory. Not for a producer that must not wait, such as a sensor:
//! there `try_send`, and count what is dropped. The clock is tokio's paused
//! one, so that the times are exact.
//!
//! ```console
//! $ cargo run -p examples-channels --bin backpressure
//! bounded: read in 970 ms, at most 2 waited, none longer than 30 ms
//! unbounded: read in 0 ms, at most 100 waited, none longer than 990 ms
//! ```
//!
//! Copy it with `cargo add tokio -F macros,test-util`.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

const LINES: usize = 100;

struct Line {
    read_at: Instant,
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let (sender, mut receiver) = mpsc::channel(2);
    let read = read_all(async move |line| sender.send(line).await.is_ok());
    let save = save_all(async || (receiver.len(), receiver.recv().await));
    let (read, saved) = tokio::join!(read, save);
    report("bounded", read, saved);

    let (sender, mut receiver) = mpsc::unbounded_channel();
    // Without an `.await` nothing can hold the reader back.
    let read = read_all(async move |line| sender.send(line).is_ok());
    let save = save_all(async || (receiver.len(), receiver.recv().await));
    let (read, saved) = tokio::join!(read, save);
    report("unbounded", read, saved);
}

/// Reads as fast as it may; gives the time that it took.
async fn read_all(send: impl AsyncFn(Line) -> bool) -> Duration {
    let start = Instant::now();
    for _ in 0..LINES {
        if !send(Line {
            read_at: Instant::now(),
        })
        .await
        {
            break;
        }
    }
    start.elapsed()
}

/// Takes 10 ms for each line; gives the longest queue and the longest wait.
async fn save_all(mut next: impl AsyncFnMut() -> (usize, Option<Line>)) -> (usize, Duration) {
    let (mut most, mut oldest) = (0, Duration::ZERO);
    while let (waiting, Some(line)) = next().await {
        most = most.max(waiting);
        oldest = oldest.max(line.read_at.elapsed());
        sleep(Duration::from_millis(10)).await;
    }
    (most, oldest)
}

fn report(name: &str, read: Duration, (most, oldest): (usize, Duration)) {
    println!(
        "{name}: read in {} ms, at most {most} waited, none longer than {} ms",
        read.as_millis(),
        oldest.as_millis()
    );
}
