//! Abort a task when its handle is dropped, with `AbortOnDropHandle`.
//!
//! Each of three requests spawns a task that needs 200 ms to save a report. A
//! timeout cancels each request after 100 ms, which drops the handle of its
//! task. In `broken` the report is saved anyway, because dropping a
//! `JoinHandle` does not stop the task. In `fixed` the handle is an
//! `AbortOnDropHandle`, which aborts its task when it is dropped. A `JoinSet`
//! aborts all of its tasks when it is dropped.
//!
//! ```console
//! $ cargo run -p examples-basics --bin abort_on_drop
//! broken: report saved? true                   # 200 ms
//! fixed: report saved? false                   # 300 ms
//! fixed with a JoinSet: report saved? false    # 400 ms
//! ```
//!
//! To let a task finish in the background on purpose, see `background_task`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,rt-multi-thread,sync,time
//! cargo add tokio-util -F rt
//! ```

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};
use tokio_util::task::AbortOnDropHandle;

const LIMIT: Duration = Duration::from_millis(100);

#[tokio::main]
async fn main() {
    // `oneshot` is a channel for one value. It shows how the task ends: the
    // task sends the value when the report is saved. If the task is aborted,
    // its sender is dropped, and awaiting `saved` gives an error.
    let (sender, saved) = oneshot::channel();
    let _times_out = timeout(LIMIT, broken(sender)).await;
    println!("broken: report saved? {}", saved.await.is_ok());

    let (sender, saved) = oneshot::channel();
    let _times_out = timeout(LIMIT, fixed(sender)).await;
    println!("fixed: report saved? {}", saved.await.is_ok());

    let (sender, saved) = oneshot::channel();
    let _times_out = timeout(LIMIT, fixed_with_set(sender)).await;
    println!(
        "fixed with a JoinSet: report saved? {}",
        saved.await.is_ok()
    );
}

async fn broken(saved: oneshot::Sender<()>) -> Result<(), JoinError> {
    tokio::spawn(save_report(saved)).await
}

async fn fixed(saved: oneshot::Sender<()>) -> Result<(), JoinError> {
    let task = tokio::spawn(save_report(saved));
    AbortOnDropHandle::new(task).await
}

async fn fixed_with_set(saved: oneshot::Sender<()>) {
    let mut tasks = JoinSet::new();
    tasks.spawn(save_report(saved));
    tasks.join_all().await; // It panics if a task has panicked.
}

async fn save_report(saved: oneshot::Sender<()>) {
    sleep(Duration::from_millis(200)).await;
    // This cannot fail: `main` keeps the receiver until it has the answer.
    let _ = saved.send(());
}
