//! Keep blocking code off the runtime with `spawn_blocking`.
//!
//! A heartbeat wakes every 50 ms while a task runs a job. Each line shows the
//! longest gap between two beats. A job that sleeps for 1 s or computes for
//! 200 ms without an `.await` blocks its thread, and the heartbeat stops until
//! the job ends. One thread watches all timers, and here it runs the job, so
//! more threads do not help. `spawn_blocking` uses a thread that may block.
//!
//! ```console
//! $ cargo run -p examples-basics --bin blocking_the_runtime
//! 2 workers, good_example: longest gap ~51 ms
//! 2 workers, bad_example: longest gap ~1024 ms
//! 16 workers, bad_example: longest gap ~1024 ms
//! 2 workers, cpu_intensive_work: longest gap ~228 ms
//! 2 workers, spawn_blocking: longest gap ~51 ms
//! ```
//!
//! A timeout cannot cancel blocking code: see `timeout_blocking`. To compute on
//! all cores, use the crate `rayon`.
//!
//! Copy it with `cargo add tokio -F rt-multi-thread,time`.

use std::hint::black_box;
use std::time::{Duration, Instant};
use std::{io, thread};

use tokio::runtime::Builder;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

const BEAT: Duration = Duration::from_millis(50);

fn main() -> io::Result<()> {
    run(2, "good_example", good_example())?;
    run(2, "bad_example", bad_example())?;
    run(16, "bad_example", bad_example())?;
    run(2, "cpu_intensive_work", async { cpu_intensive_work() })?;
    run(2, "spawn_blocking", async {
        // This is an error only if the work panics, and it does not.
        let _ = spawn_blocking(cpu_intensive_work).await;
    })
}

async fn good_example() {
    sleep(Duration::from_secs(1)).await;
}

async fn bad_example() {
    thread::sleep(Duration::from_secs(1));
}

/// Adds up 0..1_000_000 again and again, because one sum is done too soon.
fn cpu_intensive_work() {
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(200) {
        black_box((0..1_000_000_u64).sum::<u64>());
    }
}

fn run(
    workers: usize,
    name: &str,
    job: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_time()
        .build()?;
    let gap = runtime.block_on(longest_gap(job)).as_millis();
    println!("{workers} workers, {name}: longest gap {gap} ms");
    Ok(())
}

/// Runs the heartbeat in `main` while the job runs as a task. `Send` and
/// `'static` are what `spawn` needs: see `borrow_or_spawn`.
async fn longest_gap(job: impl Future<Output = ()> + Send + 'static) -> Duration {
    let job = tokio::spawn(async {
        // A timer starts the job, so it runs on the worker that has the timers.
        sleep(BEAT * 5 / 2).await;
        job.await;
    });

    let mut longest = Duration::ZERO;
    while !job.is_finished() {
        let last_beat = Instant::now();
        sleep(BEAT).await;
        longest = longest.max(last_beat.elapsed());
    }
    longest
}
