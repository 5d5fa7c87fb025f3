//! Take an async closure as an argument with `AsyncFnMut`.
//!
//! `retry` calls an operation up to three times, with pauses of 100 and 200 ms.
//! The operation is an `async fn` or an async closure, `async || …`. Here the
//! closure counts its calls in a variable of `main`. A spawned task must be
//! `Send`: it may move to another thread. If the closure borrows, Rust 1.95 can
//! check this for the future of `retry_in_task`, but not for that of `retry`.
//!
//! ```console
//! $ cargo run -p examples-basics --bin async_closures
//! wind: Ok(12) after 3 calls        # 300 ms
//! tide: Err(Busy)                   # 600 ms
//! wind, in a task: Ok(12)           # 900 ms
//! ```
//!
//! Both functions are too simple for a service. They retry after any error.
//! Their pauses are fixed, so clients that fail together also retry together.
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time`.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::task::JoinError;
use tokio::time::sleep;

#[tokio::main]
async fn main() -> Result<(), JoinError> {
    let station = Station::default();
    let mut calls = 0;
    let operation = async || {
        calls += 1;
        station.measure_wind().await
    };
    let wind = retry(operation).await;
    println!("wind: {wind:?} after {calls} calls");

    println!("tide: {:?}", retry(measure_tide).await);

    let task = tokio::spawn(async {
        let station = Station::default();
        retry_in_task(async || station.measure_wind().await).await
    });
    println!("wind, in a task: {:?}", task.await?);
    Ok(())
}

async fn retry<T, E>(mut operation: impl AsyncFnMut() -> Result<T, E>) -> Result<T, E> {
    for pause in [100, 200] {
        if let Ok(value) = operation().await {
            return Ok(value);
        }
        sleep(Duration::from_millis(pause)).await;
    }
    operation().await
}

/// Like `retry`, but the closure's future has a type with a name, `F`, so Rust
/// can check that it is `Send`. This closure cannot change variables outside.
async fn retry_in_task<T, E, F: Future<Output = Result<T, E>>>(
    mut operation: impl FnMut() -> F,
) -> Result<T, E> {
    for pause in [100, 200] {
        if let Ok(value) = operation().await {
            return Ok(value);
        }
        sleep(Duration::from_millis(pause)).await;
    }
    operation().await
}

/// A weather station that is busy during the first two calls.
#[derive(Default)]
struct Station {
    calls: AtomicU32,
}

impl Station {
    async fn measure_wind(&self) -> Result<u32, Busy> {
        let earlier_calls = self.calls.fetch_add(1, Ordering::Relaxed);
        if earlier_calls < 2 { Err(Busy) } else { Ok(12) }
    }
}

#[derive(Debug)]
struct Busy;

async fn measure_tide() -> Result<u32, Busy> {
    Err(Busy)
}
