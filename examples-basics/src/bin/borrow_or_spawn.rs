//! Use a local variable in a future: borrow it, move it, or share an `Arc`.
//!
//! Four orders are added up in three ways. `join!` runs its futures inside
//! `main`, so they may borrow the orders from `main`. A spawned task may run
//! longer than the function that spawns it, so it must not borrow from that
//! function. In the compiler's words, it must be `'static`. A task that borrows
//! does not compile, even if it is awaited on the next line:
//!
//! ```text
//! tokio::spawn(total(&orders))
//! error[E0597]: `orders` does not live long enough
//! ```
//!
//! Instead, a task can own the orders and return them with its result, or
//! several tasks can share them in an `Arc`. An `Rc` would not compile, because
//! it is not `Send`: a task may move to another thread.
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

    // `move` gives the orders to the task, which returns them with the sum.
    let task = tokio::spawn(async move {
        let sum = total(&orders).await;
        (sum, orders)
    });
    // `?` returns the `JoinError` of a task that has panicked.
    let (sum, orders) = task.await?;
    println!("moved: {sum}, and {} orders returned", orders.len());

    // Cloning an `Arc` copies a pointer, not the orders.
    let orders = Arc::new(orders);
    let shared = Arc::clone(&orders);
    let task1 = tokio::spawn(async move { total(&shared[..2]).await });
    let task2 = tokio::spawn(async move { total(&orders[2..]).await });
    let (first, last) = (task1.await?, task2.await?);
    println!("shared: {first} + {last} = {}", first + last);
    Ok(())
}

/// Adds up orders, after a wait that stands for a database query.
async fn total(orders: &[u32]) -> u32 {
    sleep(Duration::from_millis(100)).await;
    orders.iter().sum()
}
