//! Share a value with `join!` by reference, with `spawn` by `Arc` or by move.
//!
//! A spawned task may outlive the function that spawned it, and may change
//! threads, so it must be `'static` and `Send`: it cannot borrow a local
//! variable, even if its handle is awaited two lines below.
//!
//! ```text
//! tokio::spawn(total(&orders))
//! error[E0597]: `orders` does not live long enough
//! ```
//!
//! `join!` runs its futures on this task, so they may borrow. Several tasks
//! share the value in an `Arc`; an `Rc` is not `Send`. A single task takes the
//! value and gives it back with its result.
//!
//! ```console
//! $ cargo run -p examples-basics --bin borrow_or_spawn
//! borrowed: 12 + 88 = 100                # 100 ms
//! shared: 12 + 88 = 100                  # 200 ms
//! moved: 100, and 4 orders are back      # 300 ms
//! ```
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time`.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinError;
use tokio::time::sleep;

#[tokio::main]
async fn main() -> Result<(), JoinError> {
    let orders = vec![5, 7, 8, 80];

    let (first, last) = orders.split_at(2);
    let (first, last) = tokio::join!(total(first), total(last));
    println!("borrowed: {first} + {last} = {}", first + last);

    let orders = Arc::new(orders);
    // Each task owns its `Arc`, and so borrows only from what it holds.
    let [first, last] = [0..2, 2..4].map(|range| {
        let orders = Arc::clone(&orders);
        tokio::spawn(async move { total(&orders[range]).await })
    });
    let (first, last) = (first.await?, last.await?);
    println!("shared: {first} + {last} = {}", first + last);

    // The tasks have ended, so this is the last `Arc`: nothing is cloned.
    let orders = Arc::unwrap_or_clone(orders);
    let task = tokio::spawn(async move { (total(&orders).await, orders) });
    let (sum, orders) = task.await?;
    println!("moved: {sum}, and {} orders are back", orders.len());
    Ok(())
}

/// Adds up orders, with a wait as for a database.
async fn total(orders: &[u32]) -> u32 {
    sleep(Duration::from_millis(100)).await;
    orders.iter().sum()
}
