//! Find out whether a task returned, panicked or was aborted.
//!
//! Four tasks end in four ways. `spawn` returns a handle for each, a
//! `JoinHandle`. Awaiting the handle gives `Ok` with whatever the task
//! returned, so an error that the task returns is an `Err` inside an `Ok`. A
//! panic prints its message and stops only its own task. The handle of this
//! task gives a `JoinError`. `abort` cancels a task while it waits at an
//! `.await`, or at the next one where it waits. Its handle then gives a
//! `JoinError` too. `is_panic` tells a panic from an abort.
//!
//! ```console
//! $ cargo run -p examples-basics --bin task_lifecycle
//! value: 21 degrees
//! error: the sensor is switched off
//! ...
//! a reading of 999 degrees
//! ...
//! panic: task [..] panicked with message "a reading of 999 degrees"
//! abort: task [..] was cancelled     # 100 ms
//! ```
//!
//! To abort a task when its handle is dropped, see `abort_on_drop`. To wait
//! for many tasks, see `join_set`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,rt-multi-thread,time
//! cargo add anyhow
//! ```

use std::future::pending;
use std::time::Duration;

use anyhow::bail;
use tokio::task::JoinError;
use tokio::time::sleep;

#[tokio::main]
async fn main() {
    report(tokio::spawn(measure("roof")).await);
    report(tokio::spawn(measure("cellar")).await);
    report(tokio::spawn(measure("oven")).await);

    let garden = tokio::spawn(measure("garden"));
    sleep(Duration::from_millis(100)).await;
    garden.abort();
    report(garden.await);
}

fn report(ended: Result<anyhow::Result<i32>, JoinError>) {
    match ended {
        Ok(Ok(degrees)) => println!("value: {degrees} degrees"),
        Ok(Err(error)) => println!("error: {error}"),
        Err(error) if error.is_panic() => println!("panic: {error}"),
        Err(error) => println!("abort: {error}"),
    }
}

async fn measure(sensor: &str) -> anyhow::Result<i32> {
    match sensor {
        "roof" => Ok(21),
        // `bail!` returns an error with this message.
        "cellar" => bail!("the sensor is switched off"),
        "oven" => panic!("a reading of 999 degrees"),
        // `pending` is a future that never completes.
        _ => pending().await,
    }
}
