//! Run two `async` blocks as tasks with `spawn`, and wait for both.
//!
//! Task 1 completes after 1 s and task 2 after 2 s. One after the other they
//! would take 3 s. An `async` block is a future written in place, as a closure
//! is a function written in place. `spawn` runs each block as a task. Both
//! tasks start immediately, and either may print first. `spawn` returns a
//! handle for each task, and `join!` waits for both handles.
//!
//! ```console,unordered
//! $ cargo run -p examples-basics --bin spawn_two
//! Task 1 running
//! Task 2 running
//! Task 1 completed     # 1 s
//! Task 2 completed     # 2 s
//! ```
//!
//! To get a value from a task, see `spawn`.
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time`.

use std::time::Duration;

use tokio::task::JoinError;
use tokio::time::sleep;

#[tokio::main]
async fn main() -> Result<(), JoinError> {
    let task1 = tokio::spawn(async {
        println!("Task 1 running");
        sleep(Duration::from_secs(1)).await;
        println!("Task 1 completed");
    });

    let task2 = tokio::spawn(async {
        println!("Task 2 running");
        sleep(Duration::from_secs(2)).await;
        println!("Task 2 completed");
    });

    // A handle gives a `Result`, which is an `Err` if its task has panicked.
    let (done1, done2) = tokio::join!(task1, task2);
    done1?;
    done2?;
    Ok(())
}
