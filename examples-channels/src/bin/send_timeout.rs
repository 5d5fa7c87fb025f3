//! Wait for room in a channel only so long, and lose nothing, with `reserve`.
//!
//! `timeout(send(order))` moves the order into a future and drops both when the
//! time is up: numbers 2 and 4 are gone without a trace. `reserve` waits for
//! room alone; the order stays in hand until the permit sends it. It is the
//! same in `select!`. (`Sender::send_timeout` gives it back in its error.) Not
//! where late news is worthless: drop it, but count it. The clock is tokio's
//! paused one, since the schedule decides what is lost.
//!
//! ```console
//! $ cargo run -p examples-channels --bin send_timeout
//! send: [0, 1, 3, 5]
//! reserve: [0, 1, 2, 3, 4, 5]
//! ```
//!
//! Copy it with `cargo add tokio -F macros,test-util`.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

const PATIENCE: Duration = Duration::from_millis(100);

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let (sender, receiver) = mpsc::channel(1);
    let ((), received) = tokio::join!(broken(sender), receive_slowly(receiver));
    println!("send: {received:?}");

    let (sender, receiver) = mpsc::channel(1);
    let ((), received) = tokio::join!(fixed(sender), receive_slowly(receiver));
    println!("reserve: {received:?}");
}

async fn broken(sender: mpsc::Sender<u32>) {
    for order in 0..6 {
        let sent = timeout(PATIENCE, sender.send(order)).await;
        // When the time was up there is nothing left to send again: an order
        // that is not `Copy` has been moved into the dropped future.
        if let Ok(Err(_)) = sent {
            return;
        }
    }
}

async fn fixed(sender: mpsc::Sender<u32>) {
    for order in 0..6 {
        let permit = loop {
            match timeout(PATIENCE, sender.reserve()).await {
                Ok(Ok(permit)) => break permit,
                Ok(Err(_)) => return,
                // Here a service would report that the receiver is slow.
                Err(_) => {}
            }
        };
        permit.send(order);
    }
}

async fn receive_slowly(mut orders: mpsc::Receiver<u32>) -> Vec<u32> {
    let mut received = Vec::new();
    while let Some(order) = orders.recv().await {
        received.push(order);
        sleep(Duration::from_millis(150)).await;
    }
    received
}
