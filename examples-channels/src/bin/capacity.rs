//! Choose the capacity of an `mpsc` channel by what it buys and costs.
//!
//! 100 places pass on 4 to 7 times as many messages as 1, and 10 to 20 times as
//! many to main, which is no worker thread; 1000 add little. Where one side
//! needs 1 ms for a message no number helps: a full channel then only makes
//! them old, by 1 ms for each place. Take as many as may wait and still be
//! worth handling, 32 if in doubt. An unbounded one grows until memory is gone.
//! Capacity 1 is a buffer too, of one message; 0 panics.
//!
//! ```console
//! $ cargo run -p examples-channels --bin capacity
//! capacity 0: mpsc bounded channel requires buffer > 0
//! capacity 1: 1 message waits, the next one does not fit
//! thousand messages a second to a task, and to main
//!   capacity 1: [..], [..]
//!   capacity 10: [..], [..]
//!   capacity 100: [..], [..]
//!   capacity 1000: [..], [..]
//! age of a message, one handled each millisecond
//!   capacity 1: [..] ms
//!   capacity 100: [..] ms
//!   capacity 1000: [..] ms
//! messages of 1 KiB that wait for a consumer that has stopped
//!   capacity 100: 100 KiB, then the producer waits
//!   unbounded: 10000 KiB, and growing
//! ```
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,sync,time`.

use std::panic::{catch_unwind, set_hook, take_hook};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{self, Receiver, channel};
use tokio::task::JoinError;
use tokio::time::interval;

const MESSAGES: u32 = 20_000;

#[tokio::main]
async fn main() -> Result<(), JoinError> {
    refused();

    println!("thousand messages a second to a task, and to main");
    for capacity in [1, 10, 100, 1000] {
        let to_task = tokio::spawn(throughput(capacity)).await??;
        let to_main = throughput(capacity).await?;
        println!("  capacity {capacity}: {to_task:.0}, {to_main:.0}");
    }

    println!("age of a message, one handled each millisecond");
    let ages = tokio::join!(age(1), age(100), age(1000));
    for (capacity, age) in [(1, ages.0), (100, ages.1), (1000, ages.2)] {
        println!("  capacity {capacity}: {} ms", age.as_millis());
    }

    println!("messages of 1 KiB that wait for a consumer that has stopped");
    stopped_consumer();
    Ok(())
}

fn refused() {
    // The default hook would report the panic, which is wanted here.
    let hook = take_hook();
    set_hook(Box::new(|_| {}));
    if let Err(panic) = catch_unwind(|| channel::<u32>(0)) {
        let message = panic.downcast_ref::<&str>().unwrap_or(&"panics");
        println!("capacity 0: {message}");
    }
    set_hook(hook);

    let (sender, receiver) = channel(1);
    while sender.try_send("order").is_ok() {}
    let waiting = receiver.len();
    println!("capacity 1: {waiting} message waits, the next one does not fit");
}

/// Thousand messages a second from a task of its own to the caller.
async fn throughput(capacity: usize) -> Result<f64, JoinError> {
    let (sender, mut receiver) = channel(capacity);
    let start = Instant::now();
    let producer = tokio::spawn(async move {
        for number in 0..MESSAGES {
            if sender.send(number).await.is_err() {
                return;
            }
        }
    });
    let mut received = 0_u32;
    while receiver.recv().await.is_some() {
        received += 1;
    }
    let elapsed = start.elapsed();
    producer.await?;
    Ok(f64::from(received) / elapsed.as_secs_f64() / 1000.0)
}

/// How long ago a message was sent that comes out of a full channel.
async fn age(capacity: usize) -> Duration {
    let (sender, mut receiver): (_, Receiver<Instant>) = channel(capacity);
    let producer = async move { while sender.send(Instant::now()).await.is_ok() {} };
    let consumer = async move {
        let mut ticks = interval(Duration::from_millis(1));
        let mut age = Duration::ZERO;
        // Those before it did not find the channel full.
        for _ in 0..capacity + 2 {
            ticks.tick().await;
            if let Some(sent) = receiver.recv().await {
                age = sent.elapsed();
            }
        }
        age
    };
    tokio::join!(producer, consumer).1
}

fn stopped_consumer() {
    let message = [0_u8; 1024];
    let (sender, receiver) = channel(100);
    while sender.try_send(message).is_ok() {}
    println!(
        "  capacity 100: {} KiB, then the producer waits",
        receiver.len()
    );

    let (sender, receiver) = mpsc::unbounded_channel();
    for _ in 0..10_000 {
        if sender.send(message).is_err() {
            break;
        }
    }
    println!("  unbounded: {} KiB, and growing", receiver.len());
}
