//! Start tasks with `spawn`, and wait for their results.
//!
//! A spawned task starts by itself, without an `.await`, and runs beside its
//! spawner: two tasks of 2 s take 2 s, not 4. Which of them prints first is the
//! scheduler's choice. The handle gives the task's result, or a `JoinError` if
//! it panicked. Use it: after `let _ = handle.await`, a program whose task has
//! panicked ends with status 0.
//!
//! ```console,unordered
//! $ cargo run -p examples-basics --bin spawn
//! Task 1 started
//! Task 2 started
//! Task 1 finished           # 2 s
//! Task 2 finished           # 2 s
//! 30 orders are packed      # 2 s
//! ```
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time`.

use std::time::Duration;

use tokio::task::JoinError;
use tokio::time::sleep;

#[tokio::main]
async fn main() -> Result<(), JoinError> {
    let first = tokio::spawn(task(1));
    let second = tokio::spawn(task(2));

    // Both handles are waited for before a panic in one of them ends `main`,
    // since what `main` leaves behind is dropped unfinished.
    let (first, second) = tokio::join!(first, second);
    println!("{} orders are packed", first? + second?);
    Ok(())
}

async fn task(id: u32) -> u32 {
    println!("Task {id} started");
    sleep(Duration::from_secs(2)).await;
    println!("Task {id} finished");
    id * 10
}
