//! Stop at the first error with `try_join!`.
//!
//! The three steps of an order run at the same time: reserve the stock, charge
//! the card, book a courier. The card is refused after 200 ms. `try_join!`
//! returns this error immediately and drops the futures that are not done. A
//! dropped future never continues, so no courier is booked. `join!` waits for
//! all three steps, so it books a courier although nobody has paid. Neither
//! macro undoes a step that is done or a request that is sent: the stock stays
//! reserved.
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
//! `try_join!` does not stop spawned tasks: for those, see `abort_on_drop`.
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
