//! Send every value to every subscriber with a `broadcast` channel.
//!
//! Ten numbers are sent to three subscribers, and the sender waits for none of
//! them. The channel keeps the newest four numbers, so a slow subscriber misses
//! older ones. Its next `recv` then returns `Lagged` with the count of missed
//! numbers. Do not leave the loop at this error: the calls after it return the
//! numbers that are still there. A late subscriber does not receive what was
//! sent before it subscribed. Tokio's clock is paused: it jumps to the next
//! timer instead of waiting, so every run misses the same numbers.
//!
//! ```console
//! $ cargo run -p examples-channels --bin broadcast
//! fast: missed 0, received [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
//! slow: missed 6, received [6, 7, 8, 9]
//! late: missed 0, received [9]
//! ```
//!
//! If no value may be missed, give each subscriber an `mpsc` channel. If only
//! the latest value matters, see `watch`. To share out work, see `worker_pool`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add anyhow
//! cargo add tokio -F macros,test-util
//! ```

use std::time::Duration;

use tokio::sync::broadcast::{self, error::RecvError};
use tokio::time::sleep;

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> anyhow::Result<()> {
    // A capacity that is not a power of two is rounded up: 3 would become 4.
    let (tx, slow_rx) = broadcast::channel(4);

    let fast = tokio::spawn(receive_all(tx.subscribe()));
    for number in 0..9 {
        publish(&tx, number).await;
    }
    let late = tokio::spawn(receive_all(tx.subscribe()));
    publish(&tx, 9).await;
    drop(tx);

    println!("fast: {}", fast.await?);
    // This subscriber begins to receive only now.
    println!("slow: {}", receive_all(slow_rx).await);
    println!("late: {}", late.await?);
    Ok(())
}

async fn publish(tx: &broadcast::Sender<u32>, number: u32) {
    // An error means that there are no subscribers. One may come later.
    let _ = tx.send(number);
    // `send` never waits. This pause lets `fast` keep up.
    sleep(Duration::from_millis(100)).await;
}

async fn receive_all(mut rx: broadcast::Receiver<u32>) -> String {
    let (mut missed, mut received) = (0, Vec::new());
    loop {
        match rx.recv().await {
            Ok(number) => received.push(number),
            Err(RecvError::Lagged(count)) => missed += count,
            Err(RecvError::Closed) => break,
        }
    }
    format!("missed {missed}, received {received:?}")
}
