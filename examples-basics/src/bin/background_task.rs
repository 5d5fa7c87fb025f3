//! Run a task in the background with `spawn` while `main` continues.
//!
//! The task takes 2 s. Meanwhile `main` does other work, for 3 s. `spawn`
//! returns immediately, and the task starts on another thread, so either of the
//! two may print first. Nothing waits for the task here. It completes only
//! because `main` takes longer: tasks that are not done when `main` returns are
//! dropped.
//!
//! ```console,unordered
//! $ cargo run -p examples-basics --bin background_task
//! Main task is doing other work...
//! 🔧 Background task started...
//! Background task completed!           # 2 s
//! Main task finished!                  # 3 s
//! ```
//!
//! To see what happens when `main` returns first, and how to wait for the task,
//! see `unfinished_task`.
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time`.

use std::time::Duration;

use tokio::time::sleep;

#[tokio::main]
async fn main() {
    tokio::spawn(async {
        println!("🔧 Background task started...");
        sleep(Duration::from_secs(2)).await;
        println!("Background task completed!");
    });

    println!("Main task is doing other work...");
    sleep(Duration::from_secs(3)).await;
    println!("Main task finished!");
}
