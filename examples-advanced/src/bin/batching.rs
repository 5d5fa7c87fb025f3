//! Batch work that is tiny, not work that waits, into tasks of 100 items.
//!
//! A `spawn` takes 3 µs (0.9 with --release), so items that only add a number
//! go 10 to 40 times as fast in batches, and items that compute for 100 µs no
//! faster. Items that wait do so one after the other within their batch: 10
//! batches are 10 at a time, and 1000 waits of 10 ms take 1.1 s instead of 15
//! ms, 75 times as long (90). There, limit how many wait at once:
//! `buffer_unordered(100)` takes 0.1 s, in one task and so on one thread.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin batching
//! 1000 items that add a number
//!   a task each:    1000 done in [..] ms
//!   batches of 100: 1000 done in [..] ms, [..] times as long
//!   100 at a time:  1000 done in [..] ms, [..] times as long
//! 1000 items that compute for a while
//!   a task each:    1000 done in [..] ms
//!   batches of 100: 1000 done in [..] ms, [..] times as long
//!   100 at a time:  1000 done in [..] ms, [..] times as long
//! 1000 items that wait for 10 ms
//!   a task each:    1000 done in [..] ms
//!   batches of 100: 1000 done in [..] ms, [..] times as long
//!   100 at a time:  1000 done in [..] ms, [..] times as long
//! ```
//!
//! Copy it with `cargo add futures --no-default-features -F alloc` and
//! `cargo add tokio -F macros,rt-multi-thread,time`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use futures::{StreamExt, stream};
use tokio::task::JoinSet;
use tokio::time::sleep;

const BATCH: usize = 100;

#[tokio::main]
async fn main() {
    println!("1000 items that add a number");
    compare(Work::Add, 21).await;
    println!("1000 items that compute for a while");
    compare(Work::Compute, 3).await;
    println!("1000 items that wait for 10 ms");
    compare(Work::Wait, 1).await;
}

#[derive(Clone, Copy)]
enum Work {
    Add,
    Compute,
    Wait,
}

async fn process_item(work: Work, item: u64) -> u64 {
    match work {
        Work::Add => black_box(item) + 1,
        Work::Compute => (0..10_000).fold(item, |sum, it| black_box(sum ^ it)),
        Work::Wait => {
            sleep(Duration::from_millis(10)).await;
            item
        }
    }
}

async fn compare(work: Work, rounds: usize) {
    let items: Vec<u64> = (0..1000).collect();
    let each = measure(rounds, async || task_each(work, &items).await).await;
    let batches = measure(rounds, async || in_batches(work, &items).await).await;
    let bounded = measure(rounds, async || bounded(work, &items).await).await;

    let base = each.took;
    for (how, it) in [
        ("a task each:", each),
        ("batches of 100:", batches),
        ("100 at a time:", bounded),
    ] {
        let ms = it.took.as_secs_f64() * 1000.0;
        print!("  {how:15} {} done in {ms:.2} ms", it.done);
        if it.took == base {
            println!();
        } else {
            let ratio = it.took.div_duration_f64(base);
            println!(", {ratio:.2} times as long");
        }
    }
}

async fn task_each(work: Work, items: &[u64]) -> usize {
    let mut tasks = JoinSet::new();
    for &item in items {
        tasks.spawn(process_item(work, item));
    }
    // Without the join, main would go on before the items are done.
    tasks.join_all().await.len()
}

async fn in_batches(work: Work, items: &[u64]) -> usize {
    let mut tasks = JoinSet::new();
    for batch in items.chunks(BATCH) {
        // A task may outlive the borrow, so it needs a batch of its own.
        let batch = batch.to_vec();
        tasks.spawn(async move {
            let mut done = Vec::new();
            for item in batch {
                done.push(process_item(work, item).await);
            }
            done
        });
    }
    tasks.join_all().await.into_iter().flatten().count()
}

async fn bounded(work: Work, items: &[u64]) -> usize {
    stream::iter(items)
        .map(|&item| process_item(work, item))
        .buffer_unordered(BATCH)
        .count()
        .await
}

struct Measured {
    took: Duration,
    done: usize,
}

/// The median of several rounds.
async fn measure(rounds: usize, run: impl AsyncFn() -> usize) -> Measured {
    let mut all = Vec::new();
    for _ in 0..rounds {
        let start = Instant::now();
        let done = run().await;
        all.push(Measured {
            took: start.elapsed(),
            done,
        });
    }
    all.sort_by_key(|it| it.took);
    all.swap_remove(rounds / 2)
}
