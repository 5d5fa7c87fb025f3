//! Send values from a producer to a consumer through a bounded `mpsc` channel.
//!
//! The channel closes by itself: when the last sender is dropped and the buffer
//! is empty, `recv` returns `None` and the consumer's loop ends. An error from
//! `send` says that the receiver is gone, so there is no point in producing
//! more. Not for news that every listener must get; that is `broadcast`.
//!
//! ```console
//! $ cargo run -p examples-channels --bin mpsc
//! Received: 0
//! Received: 1     # 100 ms
//! Received: 2     # 200 ms
//! Received: 3     # 300 ms
//! Received: 4     # 400 ms
//! Received: 5     # 500 ms
//! Received: 6     # 600 ms
//! Received: 7     # 700 ms
//! Received: 8     # 800 ms
//! Received: 9     # 900 ms
//! the channel is closed
//! nobody receives any more
//! ```
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,sync,time`.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::interval;

#[tokio::main]
async fn main() {
    // When 32 values wait, `send` waits too.
    let (sender, receiver) = mpsc::channel(32);

    tokio::join!(producer(sender), consumer(receiver));

    let (sender, receiver) = mpsc::channel(32);
    drop(receiver);
    producer(sender).await;
}

async fn producer(sender: mpsc::Sender<u32>) {
    let mut ticks = interval(Duration::from_millis(100));
    for value in 0..10 {
        ticks.tick().await;
        if sender.send(value).await.is_err() {
            println!("nobody receives any more");
            return;
        }
    }
}

async fn consumer(mut receiver: mpsc::Receiver<u32>) {
    while let Some(value) = receiver.recv().await {
        println!("Received: {value}");
    }
    println!("the channel is closed");
}
