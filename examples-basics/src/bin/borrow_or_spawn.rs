//! Share a value: `join!` may borrow it, `spawn` needs a move or an `Arc`.
//!
//! The same orders are added up in three ways. `join!` runs its futures in this
//! task, so they may borrow. A spawned task may outlive this function and may
//! change threads, so it must be `'static` and `Send`. It cannot borrow, even
//! if its handle is awaited on the next line:
//!
//! ```text
//! tokio::spawn(total(&orders))
//! error[E0597]: `orders` does not live long enough
//! ```
//!
//! A task can own the orders and return them with its result. Several tasks can
//! share them in an `Arc` (an `Rc` is not `Send`).
//!
//! ```console
//! $ cargo run -p examples-basics --bin borrow_or_spawn
//! borrowed: 12 + 88 = 100               # 100 ms
//! moved: 100, and 4 orders returned     # 200 ms
//! shared: 12 + 88 = 100                 # 300 ms
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

    let (first, last) = tokio::join!(total(&orders[..2]), total(&orders[2..]));
    println!("borrowed: {first} + {last} = {}", first + last);

    // With `move` the task owns the orders, so `total` may borrow them.
    let task = tokio::spawn(async move { (total(&orders).await, orders) });
    let (sum, orders) = task.await?;
    println!("moved: {sum}, and {} orders returned", orders.len());

    // Cloning an `Arc` copies a pointer, not the orders.
    let orders = Arc::new(orders);
    let shared = Arc::clone(&orders);
    let first = tokio::spawn(async move { total(&shared[..2]).await });
    let last = tokio::spawn(async move { total(&orders[2..]).await });
    let (first, last) = (first.await?, last.await?);
    println!("shared: {first} + {last} = {}", first + last);
    Ok(())
}

/// Adds up orders, after a wait that stands for a database query.
async fn total(orders: &[u32]) -> u32 {
    sleep(Duration::from_millis(100)).await;
    orders.iter().sum()
}
