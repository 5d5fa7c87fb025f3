//! Keep 100,000 tasks asleep at the same time, with `JoinSet`.
//!
//! 100,000 tasks sleep at the same time, for 3 s each. A task that waits needs
//! no thread and no stack, only memory for the values that it keeps across its
//! `.await`. A task that keeps a buffer needs more. A sleeping thread takes
//! about 20 times as much memory. It reserves 2 MiB for its stack, but only the
//! part that it has used is counted here. The tasks wake up later than 3 s
//! after the start, because it takes time to start and to wake them all.
//!
//! ```console
//! $ cargo run --release -p examples-basics --bin many_tasks
//! 100000 tasks asleep, ~450 bytes each
//! 1000 threads asleep, ~9547 bytes each
//! 100000 tasks woke up, ~3.1 s after the start
//! ```
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,rt-multi-thread,time
//! cargo add memory-stats
//! ```

use std::thread;
use std::time::{Duration, Instant};

use memory_stats::memory_stats;
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio::time::sleep;

const TASKS: usize = 100_000;
const THREADS: usize = 1000;
const NAP: Duration = Duration::from_secs(3);

#[tokio::main]
async fn main() {
    let start = Instant::now();

    let before = memory_in_use();
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        tasks.spawn(sleep(NAP));
    }
    let bytes = (memory_in_use() - before) / TASKS;
    // `Handle` refers to the runtime, which counts the tasks that are not done.
    let asleep = Handle::current().metrics().num_alive_tasks();
    println!("{asleep} tasks asleep, {bytes} bytes each");

    let before = memory_in_use();
    for _ in 0..THREADS {
        thread::spawn(|| thread::sleep(NAP));
    }
    let bytes = (memory_in_use() - before) / THREADS;
    println!("{THREADS} threads asleep, {bytes} bytes each");

    let woken = tasks.join_all().await.len();
    let seconds = start.elapsed().as_secs_f64();
    println!("{woken} tasks woke up, {seconds:.1} s after the start");
}

/// The bytes of memory that this process occupies.
fn memory_in_use() -> usize {
    memory_stats().map_or(0, |stats| stats.physical_mem)
}
