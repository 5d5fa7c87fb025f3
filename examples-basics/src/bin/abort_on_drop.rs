//! Abort a task when its owner is dropped, with `AbortOnDropHandle`.
//!
//! Each of three requests spawns a task that saves a report in 200 ms, and
//! times out after 100 ms. The timeout drops the request and the handle of its
//! task. Dropping a `JoinHandle` only detaches the task, which still saves its
//! report. Dropping an `AbortOnDropHandle` aborts its task, and dropping a
//! `JoinSet` aborts all of its tasks.
//!
//! ```console
//! $ cargo run -p examples-basics --bin abort_on_drop
//! broken: saved after the timeout: true                   # 200 ms
//! fixed: saved after the timeout: false                   # 300 ms
//! fixed with a JoinSet: saved after the timeout: false    # 400 ms
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
    // The task owns the sender. If the task is dropped, so is the sender, and
    // `saved` is an error.
    let (sender, saved) = oneshot::channel();
    let _times_out = timeout(LIMIT, broken(sender)).await;
    println!("broken: saved after the timeout: {}", saved.await.is_ok());

    let (sender, saved) = oneshot::channel();
    let _times_out = timeout(LIMIT, fixed(sender)).await;
    println!("fixed: saved after the timeout: {}", saved.await.is_ok());

    let (sender, saved) = oneshot::channel();
    let _times_out = timeout(LIMIT, fixed_with_set(sender)).await;
    println!(
        "fixed with a JoinSet: saved after the timeout: {}",
        saved.await.is_ok()
    );
}

async fn broken(saved: oneshot::Sender<()>) -> Result<(), JoinError> {
    tokio::spawn(save_report(saved)).await
}

async fn fixed(saved: oneshot::Sender<()>) -> Result<(), JoinError> {
    AbortOnDropHandle::new(tokio::spawn(save_report(saved))).await
}

async fn fixed_with_set(saved: oneshot::Sender<()>) {
    let mut tasks = JoinSet::new();
    tasks.spawn(save_report(saved));
    tasks.join_all().await;
}

async fn save_report(saved: oneshot::Sender<()>) {
    sleep(Duration::from_millis(200)).await;
    // It cannot fail: `main` keeps the receiver until it has the answer.
    let _ = saved.send(());
}
