//! Limit how many jobs run at the same time with a `Semaphore`.
//!
//! Twelve downloads of 100 ms share three permits. A permit is the right to run
//! one download. Dropping the permit lets the next download run, so it must be
//! kept until the download is done. In `broken`, `let _ =` drops it
//! immediately, and all twelve run at the same time. `fixed` keeps it in
//! `_permit`. But it spawns twelve tasks, and nine of them only wait. If there
//! may be a million downloads, do as `permit_before_spawn` does: acquire a
//! permit, and then spawn a task. There are never more tasks than permits.
//!
//! ```console
//! $ cargo run -p examples-channels --bin semaphore
//! broken: at most 12 downloads, 12 tasks                # 100 ms
//! fixed: at most 3 downloads, 12 tasks                  # 500 ms
//! permit_before_spawn: at most 3 downloads, 3 tasks     # 900 ms
//! ```
//!
//! To limit calls per second, see `rate_limiter`. To guard data, use a `Mutex`.
//!
//! Copy it with `cargo add tokio -F macros,rt,sync,time`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep;

const DOWNLOADS: usize = 12;
const MAX_DOWNLOADS: usize = 3;

static RUNNING: AtomicUsize = AtomicUsize::new(0);
static MOST_RUNNING: AtomicUsize = AtomicUsize::new(0);
static MOST_TASKS: AtomicUsize = AtomicUsize::new(0);

// On one thread, all downloads start before the first one is done.
#[tokio::main(flavor = "current_thread")]
async fn main() {
    broken().await;
    print_most("broken");
    fixed().await;
    print_most("fixed");
    permit_before_spawn().await;
    print_most("permit_before_spawn");
}

async fn broken() {
    let semaphore = Arc::new(Semaphore::new(MAX_DOWNLOADS));
    let mut tasks = JoinSet::new();
    for _ in 0..DOWNLOADS {
        let semaphore = semaphore.clone();
        tasks.spawn(async move {
            // No variable holds the permit, so it is dropped at this semicolon.
            let _ = semaphore.acquire().await.unwrap();
            download().await;
        });
    }
    tasks.join_all().await;
}

async fn fixed() {
    let semaphore = Arc::new(Semaphore::new(MAX_DOWNLOADS));
    let mut tasks = JoinSet::new();
    for _ in 0..DOWNLOADS {
        let semaphore = semaphore.clone();
        tasks.spawn(async move {
            // `acquire` fails only after `close`, which nobody calls here.
            let _permit = semaphore.acquire().await.unwrap();
            download().await;
        });
    }
    tasks.join_all().await;
}

async fn permit_before_spawn() {
    let semaphore = Arc::new(Semaphore::new(MAX_DOWNLOADS));
    let mut tasks = JoinSet::new();
    for _ in 0..DOWNLOADS {
        // An owned permit can move into the task.
        let permit = semaphore.clone().acquire_owned().await.unwrap();
        tasks.spawn(async move {
            download().await;
            drop(permit);
        });
        // The set keeps each finished task until it is joined.
        while let Some(done) = tasks.try_join_next() {
            done.unwrap();
        }
    }
    tasks.join_all().await;
}

async fn download() {
    let running = RUNNING.fetch_add(1, Ordering::Relaxed) + 1;
    MOST_RUNNING.fetch_max(running, Ordering::Relaxed);
    // The number of spawned tasks that are not done yet.
    let tasks = Handle::current().metrics().num_alive_tasks();
    MOST_TASKS.fetch_max(tasks, Ordering::Relaxed);

    sleep(Duration::from_millis(100)).await;
    RUNNING.fetch_sub(1, Ordering::Relaxed);
}

fn print_most(name: &str) {
    let downloads = MOST_RUNNING.swap(0, Ordering::Relaxed);
    let tasks = MOST_TASKS.swap(0, Ordering::Relaxed);
    println!("{name}: at most {downloads} downloads, {tasks} tasks");
}
