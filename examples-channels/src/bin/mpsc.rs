//! Send values from a producer to a consumer through an `mpsc` channel.
//!
//! A producer task sends ten numbers, and the consumer prints each one as it
//! arrives. `mpsc` stands for multi-producer, single-consumer: a channel with
//! any number of senders and one receiver. This one holds 32 values. If it were
//! full, `send` would wait. When the producer returns, the last sender is
//! dropped. `recv` then returns `None`, and the consumer's loop stops. In a
//! second run the receiver is dropped first. `send` then returns an error, and
//! the producer stops.
//!
//! ```console
//! $ cargo run -p examples-channels --bin mpsc
//! Received: 0
//! Received: 1                      # 100 ms
//! Received: 2                      # 200 ms
//! Received: 3                      # 300 ms
//! Received: 4                      # 400 ms
//! Received: 5                      # 500 ms
//! Received: 6                      # 600 ms
//! Received: 7                      # 700 ms
//! Received: 8                      # 800 ms
//! Received: 9                      # 900 ms
//! the channel is closed            # 1 s
//! cannot send 0: channel closed    # 1 s
//! ```
//!
//! To see `send` wait, see `backpressure`. If every listener must see every
//! value, use `broadcast`. If the loop never stops, see `never_closes`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add anyhow
//! cargo add tokio -F macros,rt-multi-thread,sync,time
//! ```

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::sleep;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // `tx` (transmit) is the sender, and `rx` (receive) is the receiver.
    let (tx, rx) = mpsc::channel(32);
    let task = tokio::spawn(producer(tx));
    consumer(rx).await;
    task.await?;

    // In the second run, nobody receives.
    let (tx, rx) = mpsc::channel(32);
    drop(rx);
    producer(tx).await;
    Ok(())
}

async fn producer(tx: mpsc::Sender<i32>) {
    for i in 0..10 {
        if let Err(error) = tx.send(i).await {
            println!("cannot send {i}: {error}");
            return;
        }
        sleep(Duration::from_millis(100)).await;
    }
}

async fn consumer(mut rx: mpsc::Receiver<i32>) {
    while let Some(value) = rx.recv().await {
        println!("Received: {value}");
    }
    println!("the channel is closed");
}
