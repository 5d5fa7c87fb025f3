//! Compare the cost of a plain `fn`, an `async fn`, `Box::pin` and `spawn`.
//!
//! An order of ten items is added up in six ways. Optimized, an `async fn`
//! costs about a nanosecond more than a plain function, and as much as a `poll`
//! written by hand. Each further `.await` adds about another, since the future
//! keeps its state in memory. "Zero-cost" means that nothing is allocated or
//! queued for it. `Box::pin` allocates. `spawn` allocates and queues a task.
//!
//! ```console,busy
//! $ cargo run --release -p examples-advanced --bin zero_cost
//! plain fn: ~3.2 ns
//! async fn: ~4.1 ns
//! poll by hand: ~3.8 ns
//! ten awaits: ~17.0 ns
//! Box::pin: ~13.0 ns
//! spawn: ~387.5 ns
//! async fn: ~8 bytes, ten awaits: ~24 bytes
//! ```
//!
//! To see the state machine, see `state_machine`. To see what a task costs
//! beside a thread, see `cost_of_spawning`.
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread`.

use std::hint::black_box;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::task::JoinError;

const ROUNDS: u32 = 20;
const ORDERS: u32 = 50_000;

#[tokio::main]
async fn main() -> Result<(), JoinError> {
    // In a task, since `main` does not run on a worker thread: from there each
    // `spawn` would have to wake another thread.
    tokio::spawn(compare()).await?;

    let one = size_of_val(&total_async(1));
    let ten = size_of_val(&ten_awaits(1));
    println!("async fn: {one} bytes, ten awaits: {ten} bytes");
    Ok(())
}

async fn compare() {
    // Of several rounds the shortest counts: other programs only add to it.
    let mut best = [Duration::MAX; 6];
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for price in 0..ORDERS {
            black_box(total(price));
        }
        best[0] = best[0].min(start.elapsed());

        let start = Instant::now();
        for price in 0..ORDERS {
            black_box(total_async(price).await);
        }
        best[1] = best[1].min(start.elapsed());

        let start = Instant::now();
        for price in 0..ORDERS {
            black_box(Total { price }.await);
        }
        best[2] = best[2].min(start.elapsed());

        let start = Instant::now();
        for price in 0..ORDERS {
            black_box(ten_awaits(price).await);
        }
        best[3] = best[3].min(start.elapsed());

        let start = Instant::now();
        for price in 0..ORDERS {
            black_box(Box::pin(total_async(price)).await);
        }
        best[4] = best[4].min(start.elapsed());

        let start = Instant::now();
        for price in 0..ORDERS {
            let _ = black_box(tokio::spawn(total_async(price)).await);
        }
        best[5] = best[5].min(start.elapsed());
    }

    let names = [
        "plain fn",
        "async fn",
        "poll by hand",
        "ten awaits",
        "Box::pin",
        "spawn",
    ];
    for (name, time) in names.iter().zip(best) {
        let nanoseconds = time.as_secs_f64() * 1e9 / f64::from(ORDERS);
        println!("{name}: {nanoseconds:.1} ns");
    }
}

/// Ten items of the same price.
fn total(price: u32) -> u32 {
    (1..=10).fold(0, |sum, _| add(sum, price))
}

/// `black_box` keeps the compiler from computing the total in advance.
fn add(sum: u32, price: u32) -> u32 {
    black_box(sum) + price
}

async fn total_async(price: u32) -> u32 {
    total(price)
}

struct Total {
    price: u32,
}

impl Future for Total {
    type Output = u32;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u32> {
        Poll::Ready(total(self.price))
    }
}

async fn ten_awaits(price: u32) -> u32 {
    let mut sum = 0;
    for _ in 0..10 {
        sum = add_async(sum, price).await;
    }
    sum
}

async fn add_async(sum: u32, price: u32) -> u32 {
    add(sum, price)
}
