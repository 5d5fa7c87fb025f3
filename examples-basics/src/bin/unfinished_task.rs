//! Await a spawned task before `main` returns, or it is dropped unfinished.
//!
//! Two versions of a `main` function spawn a task that needs 500 ms to save a
//! report, and do 100 ms of other work. Then `broken` returns. Its runtime
//! stops and drops the task, so the report is never saved, and there is no
//! error. `spawn` returns a handle for the task. `fixed` keeps this handle and
//! awaits it before it returns, so the report is saved.
//!
//! ```console
//! $ cargo run -p examples-basics --bin unfinished_task
//! broken: saving the report
//! broken: main returns          # 100 ms
//! fixed: saving the report      # 100 ms
//! fixed: report saved           # 600 ms
//! fixed: main returns           # 600 ms
//! ```
//!
//! To wait for any number of tasks, see `join_set`.
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time`.

use std::time::Duration;

use tokio::task::JoinError;
use tokio::time::sleep;

fn main() -> Result<(), JoinError> {
    broken();
    fixed()
}

// Each function stands for the `main` of a program: `#[tokio::main]` starts a
// runtime, and the runtime stops when the function returns.
#[tokio::main]
async fn broken() {
    tokio::spawn(save_report("broken"));
    sleep(Duration::from_millis(100)).await;
    println!("broken: main returns");
}

#[tokio::main]
async fn fixed() -> Result<(), JoinError> {
    let saving = tokio::spawn(save_report("fixed"));
    sleep(Duration::from_millis(100)).await;
    // `?` returns the `JoinError` of a task that has panicked.
    saving.await?;
    println!("fixed: main returns");
    Ok(())
}

async fn save_report(version: &str) {
    println!("{version}: saving the report");
    sleep(Duration::from_millis(500)).await;
    println!("{version}: report saved");
}
