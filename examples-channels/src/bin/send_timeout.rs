//! Give up on a full channel without losing the message, with `reserve`.
//!
//! Six orders go through a channel with room for one, to a receiver that takes
//! 150 ms for each; the sender waits 100 ms at most. `timeout(send(order))`
//! moves the order into a future, and the timeout drops both: orders 2 and 4
//! are gone. `reserve` waits for room only, so the order stays with the sender,
//! which can report the delay and try again. The same holds in `select!`. Time
//! is paused, so every run loses the same orders.
//!
//! ```console
//! $ cargo run -p examples-channels --bin send_timeout
//! broken: 2 timeouts, received [0, 1, 3, 5]
//! fixed: 4 timeouts, received [0, 1, 2, 3, 4, 5]
//! ```
//!
//! `Sender::send_timeout` is shorter: its error gives the order back. If late
//! values are worthless, drop them, but count the drops.
//!
//! Copy it with `cargo add tokio -F macros,test-util`.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

const SEND_TIMEOUT: Duration = Duration::from_millis(100);

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let (tx, rx) = mpsc::channel(1);
    let (timeouts, received) = tokio::join!(broken(tx), receive(rx));
    println!("broken: {timeouts} timeouts, received {received:?}");

    let (tx, rx) = mpsc::channel(1);
    let (timeouts, received) = tokio::join!(fixed(tx), receive(rx));
    println!("fixed: {timeouts} timeouts, received {received:?}");
}

async fn broken(tx: mpsc::Sender<u32>) -> u32 {
    let mut timeouts = 0;
    for order in 0..6 {
        match timeout(SEND_TIMEOUT, tx.send(order)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => break, // The receiver is gone.
            Err(_) => timeouts += 1,
        }
    }
    timeouts
}

async fn fixed(tx: mpsc::Sender<u32>) -> u32 {
    let mut timeouts = 0;
    for order in 0..6 {
        let permit = loop {
            match timeout(SEND_TIMEOUT, tx.reserve()).await {
                Ok(Ok(permit)) => break permit,
                Ok(Err(_)) => return timeouts, // The receiver is gone.
                Err(_) => timeouts += 1,
            }
        };
        permit.send(order);
    }
    timeouts
}

async fn receive(mut rx: mpsc::Receiver<u32>) -> Vec<u32> {
    let mut received = Vec::new();
    while let Some(order) = rx.recv().await {
        received.push(order);
        sleep(Duration::from_millis(150)).await;
    }
    received
}
