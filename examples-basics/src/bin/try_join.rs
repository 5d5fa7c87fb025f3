//! Stop at the first error with `try_join!`.
//!
//! The card is refused after 200 ms. `try_join!` returns this error and drops
//! the other futures, so no courier is booked. `join!` waits for all three
//! results, so a courier is booked for an order without payment. Work that was
//! done before the error is not undone: releasing the stock is up to the
//! caller.
//!
//! ```console
//! $ cargo run -p examples-basics --bin try_join
//! stock reserved                                # 100 ms
//! try_join!: Err(CardRefused)                   # 200 ms
//! stock reserved                                # 300 ms
//! courier booked                                # 700 ms
//! join!: (Ok(()), Err(CardRefused), Ok(()))     # 700 ms
//! ```
//!
//! Dropping the handle of a spawned task does not cancel the task: see
//! `task_lifecycle`.
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time`.

use std::time::Duration;

use tokio::time::sleep;

#[tokio::main]
async fn main() {
    let order = tokio::try_join!(reserve_stock(), charge_card(), book_courier());
    println!("try_join!: {order:?}");

    let order = tokio::join!(reserve_stock(), charge_card(), book_courier());
    println!("join!: {order:?}");
}

#[derive(Debug)]
struct CardRefused;

async fn reserve_stock() -> Result<(), CardRefused> {
    sleep(Duration::from_millis(100)).await;
    println!("stock reserved");
    Ok(())
}

async fn charge_card() -> Result<(), CardRefused> {
    sleep(Duration::from_millis(200)).await;
    Err(CardRefused)
}

async fn book_courier() -> Result<(), CardRefused> {
    sleep(Duration::from_millis(500)).await;
    println!("courier booked");
    Ok(())
}
