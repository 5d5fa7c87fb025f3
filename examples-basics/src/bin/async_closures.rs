//! Take an async closure as an argument with `AsyncFnMut`.
//!
//! `retry` calls what it is given until it succeeds, three times at most, and
//! waits 100 and 200 ms in between. What it calls may borrow from where it was
//! written: here the closure counts calls in a variable of `main`. The older
//! way, a `FnMut` that returns a future, refuses that ("captured variable
//! cannot escape `FnMut` closure body"). An `async fn` can be passed as it is.
//!
//! ```console
//! $ cargo run -p examples-basics --bin async_closures
//! forecast: Ok("sunny") after 3 calls       # 300 ms
//! tide: Err(Busy)                           # 600 ms
//! ```
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time`.

use std::time::Duration;

use tokio::time::sleep;

#[tokio::main]
async fn main() {
    let mut calls = 0;
    let fetch = async || {
        calls += 1;
        fetch_forecast(calls).await
    };
    let forecast = retry(fetch).await;
    println!("forecast: {forecast:?} after {calls} calls");

    println!("tide: {:?}", retry(fetch_tide).await);
}

// With a closure that borrows, this cannot be spawned: the compiler (1.95) does
// not see that its future is `Send`.
async fn retry<T, E>(mut operation: impl AsyncFnMut() -> Result<T, E>) -> Result<T, E> {
    for pause in [100, 200] {
        if let Ok(value) = operation().await {
            return Ok(value);
        }
        sleep(Duration::from_millis(pause)).await;
    }
    operation().await
}

#[derive(Debug)]
struct Busy;

async fn fetch_forecast(call: u32) -> Result<&'static str, Busy> {
    if call < 3 { Err(Busy) } else { Ok("sunny") }
}

async fn fetch_tide() -> Result<&'static str, Busy> {
    Err(Busy)
}
