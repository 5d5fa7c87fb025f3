//! Start tasks with `spawn`, and wait for their results.
//!
//! Two tasks of 2 s each take 2 s together, not 4 s. A task is a future that
//! the runtime runs on its own, while the code that spawned it continues. It
//! starts without an `.await`. The runtime decides which task runs first, so
//! either of the two may print first. `spawn` returns a handle for the task, a
//! `JoinHandle`. Awaiting the handle gives the task's result, or a `JoinError`
//! if the task panicked.
//!
//! ```console,unordered
//! $ cargo run -p examples-basics --bin spawn
//! Task 1 started
//! Task 2 started
//! Task 1 finished                      # 2 s
//! Task 2 finished                      # 2 s
//! report 1 and report 2 are ready      # 2 s
//! ```
//!
//! For any number of tasks, see `join_set`. To handle a task that panics or is
//! aborted, see `task_lifecycle`.
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time`.

use std::time::Duration;

use tokio::task::JoinError;
use tokio::time::sleep;

#[tokio::main]
async fn main() -> Result<(), JoinError> {
    let handle1 = tokio::spawn(task(1));
    let handle2 = tokio::spawn(task(2));

    // Wait for both tasks before the first `?`. If `?` returned from `main`
    // earlier, the other task would be dropped before it is done.
    let (report1, report2) = tokio::join!(handle1, handle2);
    println!("{} and {} are ready", report1?, report2?);
    Ok(())
}

async fn task(id: u32) -> String {
    println!("Task {id} started");
    sleep(Duration::from_secs(2)).await;
    println!("Task {id} finished");
    format!("report {id}")
}
