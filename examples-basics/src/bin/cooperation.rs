//! Let other tasks run during a long loop with `consume_budget`.
//!
//! A task leaves its thread only at an `.await` that has to wait; where the
//! result is ready it goes straight on. So a loop over 10,000 rows in memory
//! gives its neighbour no turn at all. `yield_now` gives one each row, for
//! 200 ns; `consume_budget` gives one in 128 rows, for 5 ns a row. Tokio's
//! channels, sockets and timers take from the same budget, so that `recv`
//! yields by itself, unless it runs under `unconstrained`.
//!
//! ```console
//! $ cargo run -p examples-basics --bin cooperation
//! broken: 49995000 cents, 0 turns for the neighbour
//! yield_now: 49995000 cents, 10000 turns for the neighbour
//! consume_budget: 49995000 cents, 78 turns for the neighbour
//! recv: 49995000 cents, 78 turns for the neighbour
//! recv, unconstrained: 49995000 cents, 0 turns for the neighbour
//! ```
//!
//! Copy it with `cargo add tokio -F macros,rt,sync`.

use tokio::sync::mpsc;
use tokio::task::coop::{consume_budget, unconstrained};
use tokio::task::{JoinError, yield_now};

const ROWS: u32 = 10_000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), JoinError> {
    report("broken", broken()).await?;
    report("yield_now", fixed_by_yielding()).await?;
    report("consume_budget", fixed_by_budget()).await?;
    report("recv", receive()).await?;
    report("recv, unconstrained", unconstrained(receive())).await
}

/// Runs the job as a task beside this one, the neighbour, which always has
/// something to do.
async fn report(
    name: &str,
    job: impl Future<Output = u32> + Send + 'static,
) -> Result<(), JoinError> {
    let job = tokio::spawn(job);
    let mut turns = 0;
    yield_now().await;
    while !job.is_finished() {
        turns += 1;
        yield_now().await;
    }
    println!(
        "{name}: {} cents, {turns} turns for the neighbour",
        job.await?
    );
    Ok(())
}

async fn broken() -> u32 {
    let mut sum = 0;
    for row in 0..ROWS {
        sum += price(row).await;
    }
    sum
}

/// The price is at hand: this `async fn` has nothing to wait for.
async fn price(row: u32) -> u32 {
    row
}

async fn fixed_by_yielding() -> u32 {
    let mut sum = 0;
    for row in 0..ROWS {
        sum += price(row).await;
        yield_now().await;
    }
    sum
}

async fn fixed_by_budget() -> u32 {
    let mut sum = 0;
    for row in 0..ROWS {
        sum += price(row).await;
        consume_budget().await;
    }
    sum
}

async fn receive() -> u32 {
    let (sender, mut receiver) = mpsc::channel(ROWS as usize);
    for row in 0..ROWS {
        // There is room for every row, and the receiver is here: no error.
        let _ = sender.try_send(row);
    }
    drop(sender);

    let mut sum = 0;
    while let Some(price) = receiver.recv().await {
        sum += price;
    }
    sum
}
