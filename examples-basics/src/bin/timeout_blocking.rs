//! See why `timeout` cannot stop blocking code, and stop it with a flag.
//!
//! Copying three files takes 600 ms, and the timeout is 300 ms. `broken` blocks
//! while it copies. It never waits at an `.await`, so the timeout cannot act,
//! and the result is `Ok` after 600 ms. `spawn_blocking` copies on another
//! thread. The timeout then returns `Elapsed` in time, but it only stops the
//! waiting: the thread still copies all files. No thread can be stopped from
//! outside. `fixed` sets a flag after the timeout. The thread checks it before
//! each file, and stops by itself.
//!
//! ```console
//! $ cargo run -p examples-basics --bin timeout_blocking
//! broken: Ok(3)                              # 600 ms
//! spawn_blocking: Err(Elapsed(()))           # 900 ms
//! its thread has copied 3 of 3 files         # 1.2 s
//! fixed: Err(Elapsed(()))                    # 1.5 s
//! its thread has copied 2 of 3 files         # 1.6 s
//! ```
//!
//! To limit async code, see `timeout`.
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use tokio::task::{JoinError, spawn_blocking};
use tokio::time::timeout;

const LIMIT: Duration = Duration::from_millis(300);
const FILES: u32 = 3;

#[tokio::main]
async fn main() -> Result<(), JoinError> {
    println!("broken: {:?}", timeout(LIMIT, broken()).await);

    // Nothing sets this flag.
    let never = AtomicBool::new(false);
    let mut job = spawn_blocking(move || copy_files(&never));
    // `&mut` lends the handle to `timeout`, so it can be awaited again below.
    println!("spawn_blocking: {:?}", timeout(LIMIT, &mut job).await);
    println!("its thread has copied {} of {FILES} files", job.await?);

    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    let mut job = spawn_blocking(move || copy_files(&flag));
    println!("fixed: {:?}", timeout(LIMIT, &mut job).await);
    stop.store(true, Ordering::Relaxed);
    println!("its thread has copied {} of {FILES} files", job.await?);
    Ok(())
}

async fn broken() -> u32 {
    copy_files(&AtomicBool::new(false))
}

/// Returns how many files it has copied.
fn copy_files(stop: &AtomicBool) -> u32 {
    for copied in 0..FILES {
        if stop.load(Ordering::Relaxed) {
            return copied;
        }
        // Stands for copying a file.
        thread::sleep(Duration::from_millis(200));
    }
    FILES
}
