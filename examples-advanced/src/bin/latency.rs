//! Measure latency in percentiles: `p50` and `p99` beside busy tasks.
//!
//! 500 requests arrive, one each millisecond, and all run on one thread. Each
//! waits 20 ms for a database. Other tasks that compute for 1 ms at a time, and
//! let others run in between, slow every request a little. A task that blocks
//! the thread once, for 100 ms, delays about a quarter of the requests. The
//! median (`p50`) does not show this. The 99th percentile (`p99`) does: only 1%
//! of the requests take longer. Measure from the moment when a request arrives,
//! not when it starts: a blocked thread starts it late.
//!
//! ```console,busy
//! $ cargo run -p examples-advanced --bin latency
//! calm: average ~22 ms, p50 ~22 ms, p99 ~23 ms
//! busy: average ~24 ms, p50 ~24 ms, p99 ~25 ms
//! blocked: average ~36 ms, p50 ~22 ms, p99 ~122 ms
//! ```
//!
//! A calm request takes about 2 ms more than 20 ms. It has two timers, and each
//! fires about 1 ms late. A blocked thread delays requests with
//! more worker threads, too: see `blocking_the_runtime` in examples-basics.
//!
//! Copy it with `cargo add tokio -F macros,rt,time`.

use std::thread;
use std::time::{Duration, Instant};

use tokio::task::{JoinSet, yield_now};
use tokio::time::{sleep, sleep_until};

const REQUESTS: u32 = 500;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    report("calm", measure().await);

    let mut neighbors = JoinSet::new();
    for _ in 0..3 {
        neighbors.spawn(busy());
    }
    report("busy", measure().await);
    neighbors.shutdown().await;

    tokio::spawn(blocked());
    report("blocked", measure().await);
}

/// Computes for 1 ms at a time, and lets others run in between.
async fn busy() {
    loop {
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(1) {}
        yield_now().await;
    }
}

/// Blocks the thread: it waits without an `.await`.
async fn blocked() {
    sleep(Duration::from_millis(250)).await;
    thread::sleep(Duration::from_millis(100));
}

/// One request each millisecond. Returns their latencies, the shortest first.
async fn measure() -> Vec<Duration> {
    let start = tokio::time::Instant::now();
    let mut requests = JoinSet::new();
    for number in 0..REQUESTS {
        let due = start + number * Duration::from_millis(1);
        requests.spawn(async move {
            sleep_until(due).await;
            handle().await;
            due.elapsed()
        });
    }
    let mut latencies = requests.join_all().await;
    latencies.sort();
    latencies
}

/// Stands for a handler that waits for a database.
async fn handle() {
    sleep(Duration::from_millis(20)).await;
}

fn report(name: &str, latencies: Vec<Duration>) {
    let average = latencies.iter().sum::<Duration>() / REQUESTS;
    let p50 = latencies[latencies.len() / 2];
    let p99 = latencies[latencies.len() * 99 / 100];
    println!(
        "{name}: average {} ms, p50 {} ms, p99 {} ms",
        average.as_millis(),
        p50.as_millis(),
        p99.as_millis()
    );
}
