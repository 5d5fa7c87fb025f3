//! Let other tasks run during a long loop with `consume_budget`.
//!
//! A task adds up 10,000 prices. Its neighbor, `main`, runs on the same thread.
//! A task gives up the thread only at an `.await` that has to wait. In `broken`
//! every price is ready, so the neighbor never runs. `yield_now` gives up the
//! thread after each price. `consume_budget` is cheaper: a task has a budget of
//! 128 calls, and only the next one gives up the thread: here 78 of 10,000.
//! Tokio's own types, such as channels, use this budget automatically.
//!
//! ```console
//! $ cargo run -p examples-basics --bin cooperation
//! broken: total 49995000, the neighbor ran 0 times
//! yield_now: total 49995000, the neighbor ran 10000 times
//! consume_budget: total 49995000, the neighbor ran 78 times
//! channel: total 49995000, the neighbor ran 78 times
//! ```
//!
//! If a single step takes a long time, see `blocking_the_runtime`.
//!
//! Copy it with `cargo add tokio -F macros,rt,sync`.

use std::future::ready;

use tokio::sync::mpsc;
use tokio::task::coop::consume_budget;
use tokio::task::{JoinError, yield_now};

const PRICES: u32 = 10_000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), JoinError> {
    run("broken", broken()).await?;
    run("yield_now", fixed_with_yield_now()).await?;
    run("consume_budget", fixed_with_budget()).await?;
    run("channel", sum_from_channel()).await
}

async fn broken() -> u32 {
    let mut total = 0;
    for price in 0..PRICES {
        total += ready(price).await;
    }
    total
}

async fn fixed_with_yield_now() -> u32 {
    let mut total = 0;
    for price in 0..PRICES {
        total += ready(price).await;
        yield_now().await;
    }
    total
}

async fn fixed_with_budget() -> u32 {
    let mut total = 0;
    for price in 0..PRICES {
        total += ready(price).await;
        consume_budget().await;
    }
    total
}

async fn sum_from_channel() -> u32 {
    let (sender, mut prices) = mpsc::unbounded_channel();
    for price in 0..PRICES {
        // This cannot fail: the receiver still exists.
        let _ = sender.send(price);
    }
    drop(sender);
    let mut total = 0;
    while let Some(price) = prices.recv().await {
        total += price;
    }
    total
}

/// Runs the job as a task, and counts how often the neighbor, `main`, runs.
async fn run(name: &str, job: impl Future<Output = u32> + Send + 'static) -> Result<(), JoinError> {
    let job = tokio::spawn(job);
    let mut turns = 0;
    yield_now().await;
    while !job.is_finished() {
        turns += 1;
        yield_now().await;
    }
    let total = job.await?;
    println!("{name}: total {total}, the neighbor ran {turns} times");
    Ok(())
}
