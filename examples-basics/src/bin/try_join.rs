//! Stop at the first error with `try_join!`.
//!
//! The payment is refused after 200 ms. `try_join!` returns at this first error
//! and drops the other futures, so that its courier, due at 500 ms, is never
//! booked; `join!` waits for all three results. What was done before stays
//! done: the stock of both orders is reserved, and to release it is the
//! caller's part. With handles of spawned tasks it ends nothing: a task goes on
//! when its handle is dropped.
//!
//! ```console
//! $ cargo run -p examples-basics --bin try_join
//! stock reserved                   # 100 ms
//! try_join!: Err(Refused)          # 200 ms
//! stock reserved                   # 300 ms
//! courier booked                   # 700 ms
//! join!: Err(Refused)              # 700 ms
//! ```
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time`.

use std::time::Duration;

use tokio::time::sleep;

#[tokio::main]
async fn main() {
    println!("try_join!: {:?}", with_try_join().await);
    println!("join!: {:?}", with_join().await);
}

async fn with_try_join() -> Result<String, Refused> {
    let (crates, receipt, parcel) =
        tokio::try_join!(reserve_stock(), charge_card(), book_courier())?;
    Ok(format!("{crates} crates, {receipt}, {parcel}"))
}

async fn with_join() -> Result<String, Refused> {
    let (crates, receipt, parcel) = tokio::join!(reserve_stock(), charge_card(), book_courier());
    Ok(format!("{} crates, {}, {}", crates?, receipt?, parcel?))
}

#[derive(Debug)]
struct Refused;

async fn reserve_stock() -> Result<u32, Refused> {
    sleep(Duration::from_millis(100)).await;
    println!("stock reserved");
    Ok(3)
}

async fn charge_card() -> Result<&'static str, Refused> {
    sleep(Duration::from_millis(200)).await;
    Err(Refused)
}

async fn book_courier() -> Result<&'static str, Refused> {
    sleep(Duration::from_millis(500)).await;
    println!("courier booked");
    Ok("on its way")
}
