//! Keep 100,000 tasks asleep at once with `JoinSet`.
//!
//! A task that waits uses no thread and no stack, only the memory of what it
//! holds over its `.await`: here 450 bytes, 45 MB in all. A sleeping thread
//! takes 10 kB, and a task that kept a buffer of 4 KiB would take 4.5 kB. All
//! wait for the same instant, 3 s after the start; to wake them takes two cores
//! another 0.3 s in a debug build.
//!
//! ```console
//! $ cargo run -p examples-basics --bin many_tasks
//! 100000 tasks asleep, [..] bytes each
//! all awake after [..] s
//! ```
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time`.

use std::fs;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

const TASKS: usize = 100_000;

#[tokio::main]
async fn main() {
    let start = Instant::now();
    let before = resident_bytes();

    let alarm = start + Duration::from_secs(3);
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        tasks.spawn(sleep_until(alarm));
    }

    let alive = Handle::current().metrics().num_alive_tasks();
    match (before, resident_bytes()) {
        (Some(before), Some(after)) => {
            let each = after.saturating_sub(before) / TASKS;
            println!("{alive} tasks asleep, {each} bytes each");
        }
        _ => println!("{alive} tasks asleep, an unknown number of bytes each"),
    }

    tasks.join_all().await;
    println!("all awake after {:.1} s", start.elapsed().as_secs_f64());
}

/// The memory that the process really occupies, which only Linux tells so
/// easily.
fn resident_bytes() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kilobytes: usize = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}
