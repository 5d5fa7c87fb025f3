//! See why async code must not call `thread::sleep`.
//!
//! `fetch_data` and `fetch_data_async` wait 2 s for their data, and another
//! task wants to run meanwhile. `fetch_data` uses `thread::sleep`, which blocks
//! the thread: nothing else can run on it, so the other task must wait.
//! `fetch_data_async` uses tokio's `sleep`. At its `.await` only the function
//! waits. The thread is free, and the other task runs immediately. The program
//! has a single thread, which makes the difference visible.
//!
//! ```console
//! $ cargo run -p examples-basics --bin thread_sleep
//! fetch_data: data           # 2 s
//! the other task runs        # 2 s
//! the other task runs        # 2 s
//! fetch_data_async: data     # 4 s
//! ```
//!
//! To compare several fetches, see `sync_vs_async`. If async code must call
//! something that blocks, see `blocking_the_runtime`.
//!
//! Copy it with `cargo add tokio -F macros,rt,time`.

use std::thread;
use std::time::Duration;

use tokio::task::JoinError;
use tokio::time::sleep;

// This flavor of the runtime runs all tasks on the thread of `main`.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), JoinError> {
    // The task starts as soon as the thread is free.
    let task = tokio::spawn(other_task());
    println!("fetch_data: {}", fetch_data());
    task.await?;

    let task = tokio::spawn(other_task());
    println!("fetch_data_async: {}", fetch_data_async().await);
    task.await
}

fn fetch_data() -> String {
    thread::sleep(Duration::from_secs(2));
    "data".into()
}

async fn fetch_data_async() -> String {
    sleep(Duration::from_secs(2)).await;
    "data".into()
}

async fn other_task() {
    println!("the other task runs");
}
