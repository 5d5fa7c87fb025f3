//! Stop waiting for a full channel and keep the message, with `reserve`.
//!
//! Six orders go through a channel with room for one. The receiver takes 150 ms
//! for each order, and the sender waits at most 100 ms. In `broken`,
//! `send(order)` moves the order into a future. When the timeout drops this
//! future, the order is lost: here orders 2 and 4. In `fixed`, `reserve` waits
//! for a permit, the right to send one message. Meanwhile the order stays with
//! the sender, which tries again after a timeout. Tokio's clock is paused: it
//! jumps to the next timer instead of waiting, so every run loses the same
//! orders.
//!
//! ```console
//! $ cargo run -p examples-channels --bin send_timeout
//! broken: 2 timeouts, received [0, 1, 3, 5]
//! fixed: 4 timeouts, received [0, 1, 2, 3, 4, 5]
//! ```
//!
//! A `select!` that drops a `send` loses the message, too. If you only need a
//! timeout, `Sender::send_timeout` is shorter: its error gives the message
//! back.
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
            Ok(Ok(())) => {}         // Sent in time.
            Ok(Err(_)) => break,     // The receiver is gone.
            Err(_) => timeouts += 1, // The order is lost.
        }
    }
    timeouts
}

async fn fixed(tx: mpsc::Sender<u32>) -> u32 {
    let mut timeouts = 0;
    for order in 0..6 {
        // After a timeout the order is still here, so try again.
        let permit = loop {
            match timeout(SEND_TIMEOUT, tx.reserve()).await {
                Ok(Ok(permit)) => break permit,
                Ok(Err(_)) => return timeouts, // The receiver is gone.
                Err(_) => timeouts += 1,
            }
        };
        // This never waits: the permit holds a place in the channel.
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
