//! Let at most three jobs run at once with a `Semaphore`.
//!
//! Whoever holds a permit may work; dropping it lets the next one in. Take it
//! before `spawn` and move it into the task (`acquire_owned`), then there are
//! never more tasks than permits. The name matters: `let _ =` drops the permit
//! on the spot, and all 12 downloads run at once. Not for "so many in a
//! second", which is a rate; for one at a time around data, use a `Mutex`.
//!
//! ```console
//! $ cargo run -p examples-channels --bin semaphore
//! broken: 12 downloads, at most 12 at once     # 100 ms
//! fixed: 12 downloads, at most 3 at once       # 500 ms
//! ```
//!
//! Copy it with `cargo add tokio -F macros,rt,sync,time`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{AcquireError, Semaphore};
use tokio::task::JoinSet;
use tokio::time::sleep;

const DOWNLOADS: usize = 12;
const AT_ONCE: usize = 3;

/// How many downloads run, and the most that ever did.
#[derive(Default)]
struct Gauge {
    running: AtomicUsize,
    most: AtomicUsize,
}

// On one thread all downloads start before the first one can end.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), AcquireError> {
    let most = broken().await;
    println!("broken: {DOWNLOADS} downloads, at most {most} at once");
    let most = fixed().await?;
    println!("fixed: {DOWNLOADS} downloads, at most {most} at once");
    Ok(())
}

async fn broken() -> usize {
    let gauge = Arc::new(Gauge::default());
    let semaphore = Arc::new(Semaphore::new(AT_ONCE));
    let mut downloads = JoinSet::new();
    for _ in 0..DOWNLOADS {
        let (gauge, semaphore) = (gauge.clone(), semaphore.clone());
        downloads.spawn(async move {
            // The permit is gone at the end of this line.
            let _ = semaphore.acquire().await;
            download(&gauge).await;
        });
    }
    downloads.join_all().await;
    gauge.most.load(Ordering::Relaxed)
}

async fn fixed() -> Result<usize, AcquireError> {
    let gauge = Arc::new(Gauge::default());
    let semaphore = Arc::new(Semaphore::new(AT_ONCE));
    let mut downloads = JoinSet::new();
    for _ in 0..DOWNLOADS {
        // An error only after `Semaphore::close`: no more are wanted.
        let permit = semaphore.clone().acquire_owned().await?;
        let gauge = gauge.clone();
        downloads.spawn(async move {
            download(&gauge).await;
            drop(permit);
        });
    }
    downloads.join_all().await;
    Ok(gauge.most.load(Ordering::Relaxed))
}

async fn download(gauge: &Gauge) {
    let running = gauge.running.fetch_add(1, Ordering::Relaxed) + 1;
    gauge.most.fetch_max(running, Ordering::Relaxed);
    sleep(Duration::from_millis(100)).await;
    gauge.running.fetch_sub(1, Ordering::Relaxed);
}
