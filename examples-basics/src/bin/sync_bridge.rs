//! Call async code from sync code with `block_on`, and see where it panics.
//!
//! Sync code calls an `async fn` in four places, and in one of them it panics.
//! `block_on` runs a future and blocks the thread until the future is done.
//! `main` calls `block_on` on the runtime. Another thread calls it on a
//! `Handle`, which refers to the runtime. In `broken` a task calls it, and it
//! panics: a blocked thread could not run other tasks. `fixed` uses
//! `spawn_blocking`, which calls the same sync code on a thread that may block.
//!
//! ```console
//! $ cargo run -p examples-basics --bin sync_bridge
//! in main: 12 cups                      # 100 ms
//! in a thread: 12 cups                  # 200 ms
//! ...
//! broken: task [..] panicked with message "Cannot start a runtime from within a runtime. [..]"
//! fixed: 12 cups                        # 300 ms
//! ```
//!
//! To pass many values between a thread and a task, see `sync_bridge_channel`
//! in examples-channels.
//!
//! Copy it with `cargo add tokio -F rt-multi-thread,time`.

use std::time::Duration;
use std::{io, thread};

use tokio::runtime::{Handle, Runtime};
use tokio::task::{JoinError, spawn_blocking};
use tokio::time::sleep;

fn main() -> io::Result<()> {
    let runtime = Runtime::new()?;
    let cups = runtime.block_on(count_cups());
    println!("in main: {cups} cups");

    let handle = runtime.handle();
    thread::scope(|scope| {
        scope.spawn(|| println!("in a thread: {} cups", count_cups_blocking(handle)));
    });

    match runtime.block_on(broken()) {
        Ok(cups) => println!("broken: {cups} cups"),
        Err(error) => println!("broken: {error}"),
    }

    let cups = runtime.block_on(fixed())?;
    println!("fixed: {cups} cups");
    Ok(())
}

async fn count_cups() -> u32 {
    sleep(Duration::from_millis(100)).await;
    12
}

/// The same for sync code. On a `current_thread` runtime it could wait forever:
/// there a `Handle` does not run the timers, only `Runtime::block_on` does.
fn count_cups_blocking(handle: &Handle) -> u32 {
    handle.block_on(count_cups())
}

async fn broken() -> Result<u32, JoinError> {
    let handle = Handle::current();
    tokio::spawn(async move { count_cups_blocking(&handle) }).await
}

async fn fixed() -> Result<u32, JoinError> {
    let handle = Handle::current();
    spawn_blocking(move || count_cups_blocking(&handle)).await
}
