//! Keep blocking code off the runtime with `spawn_blocking`.
//!
//! A heartbeat wakes every 10 ms. A job that blocks for 300 ms without an
//! `.await` stalls it for 300 ms, and 16 worker threads do not help: the worker
//! that waits for timers and sockets also runs what it wakes, and while that
//! blocks, the idle ones do not take its place. A timeout is of no use either,
//! since the blocked task cannot look at it. `spawn_blocking` gives the job a
//! thread of its own; a timeout then ends the waiting, though not the job.
//!
//! ```console
//! $ cargo run -p examples-basics --bin blocking_the_runtime
//! worker threads: 1
//!   good_example: steady, worst gap [..]
//!   bad_example: stalled, worst gap [..]
//!   cpu_intensive_work: [..], worst gap [..]
//!   cpu_intensive_work by spawn_blocking: steady, worst gap [..]
//! worker threads: 16
//!   good_example: steady, worst gap [..]
//!   bad_example: [..], worst gap [..]
//!   cpu_intensive_work: [..], worst gap [..]
//!   cpu_intensive_work by spawn_blocking: steady, worst gap [..]
//! timeout: 100ms
//!   bad_example: in time, after [..]
//!   spawn_blocking: given up, after [..]
//!   its thread: done, after [..]
//! ```
//!
//! Copy it with `cargo add tokio -F rt-multi-thread,time`.

use std::hint::black_box;
use std::ops::Range;
use std::time::{Duration, Instant};
use std::{io, thread};

use tokio::runtime::Builder;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

const BEAT: Duration = Duration::from_millis(10);
const JOB: Duration = Duration::from_millis(300);
const LIMIT: Duration = Duration::from_millis(100);

fn main() -> io::Result<()> {
    for workers in [1, 16] {
        println!("worker threads: {workers}");
        let mut builder = Builder::new_multi_thread();
        let runtime = builder.worker_threads(workers).enable_time().build()?;
        runtime.block_on(gaps())?;
    }
    println!("timeout: {LIMIT:?}");
    Builder::new_multi_thread()
        .enable_time()
        .build()?
        .block_on(timeouts())
}

async fn gaps() -> io::Result<()> {
    report_gap("good_example", good_example()).await?;
    report_gap("bad_example", bad_example()).await?;
    let work = async { cpu_intensive_work() };
    report_gap("cpu_intensive_work", work).await?;
    let work = async { spawn_blocking(cpu_intensive_work).await };
    report_gap("cpu_intensive_work by spawn_blocking", work).await
}

/// Runs the job as a task, and the heartbeat beside it.
async fn report_gap<T: Send + 'static>(
    name: &str,
    job: impl Future<Output = T> + Send + 'static,
) -> io::Result<()> {
    let job = tokio::spawn(async {
        // What is woken runs on the worker that watches the timers; a task
        // that blocks as soon as it is spawned may be on another.
        sleep(BEAT * 5 / 2).await;
        let start = Instant::now();
        job.await;
        start..Instant::now()
    });
    let mut gaps = Vec::new();
    while !job.is_finished() {
        let last_beat = Instant::now();
        sleep(BEAT).await;
        gaps.push(last_beat..Instant::now());
    }
    let job = job.await?;
    // A busy machine makes gaps long as well. A runtime that is held up has no
    // beat at all that begins and ends during the job.
    let within = |gap: &&Range<_>| job.start < gap.start && gap.end < job.end;
    let beats = gaps.iter().filter(within).count();
    let verdict = if beats > 0 { "steady" } else { "stalled" };
    let worst = gaps.iter().map(|gap| gap.end - gap.start).max();
    let worst = worst.unwrap_or_default();
    println!("  {name}: {verdict}, worst gap {worst:.0?}");
    Ok(())
}

async fn good_example() {
    sleep(JOB).await;
}

async fn bad_example() {
    thread::sleep(JOB);
}

/// Counts primes, which an optimiser would leave out but for `black_box`.
fn cpu_intensive_work() {
    let primes = (2..1_000_000_u32).filter(|&number| {
        let mut divisor = 2;
        while divisor * divisor < number && number % divisor != 0 {
            divisor += 1;
        }
        divisor * divisor > number
    });
    black_box(primes.count());
}

async fn timeouts() -> io::Result<()> {
    let start = Instant::now();
    if timeout(LIMIT, bad_example()).await.is_ok() {
        println!("  bad_example: in time, after {:.0?}", start.elapsed());
    }

    let start = Instant::now();
    let mut job = spawn_blocking(|| thread::sleep(2 * JOB));
    if timeout(LIMIT, &mut job).await.is_err() {
        println!("  spawn_blocking: given up, after {:.0?}", start.elapsed());
        job.await?;
        println!("  its thread: done, after {:.0?}", start.elapsed());
    }
    Ok(())
}
