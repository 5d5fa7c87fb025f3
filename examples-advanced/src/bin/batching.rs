//! Group tiny items into one `spawn` per 100; do not group items that wait.
//!
//! 1000 items are processed in three ways. A task costs a few microseconds.
//! Batches are much faster for items that only add a number. They make no
//! difference for items that compute for 100 µs. Items that wait do so one
//! after the other in a batch: ten batches are ten waits at a time. There, use
//! `buffer_unordered` to limit how many wait at the same time. It runs in one
//! task, so it computes on one core only.
//!
//! ```console,busy
//! $ cargo run -p examples-advanced --bin batching
//! 1000 items that add a number
//!   a task for each: ~4.25 ms
//!   batches of 100: ~0.11 ms, faster
//!   100 at a time: ~0.48 ms, faster
//! 1000 items that compute for 100 µs
//!   a task for each: ~30.76 ms
//!   batches of 100: ~23.61 ms, about the same
//!   100 at a time: ~47.64 ms, about the same
//! 1000 items that wait for 5 ms
//!   a task for each: ~10.09 ms
//!   batches of 100: ~624.61 ms, slower
//!   100 at a time: ~65.89 ms, slower
//! ```
//!
//! To see what a task costs, see `cost_of_spawning`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add futures --no-default-features -F alloc
//! cargo add tokio -F macros,rt-multi-thread,time
//! ```

use std::hint::black_box;
use std::time::{Duration, Instant};

use futures::{StreamExt, stream};
use tokio::task::JoinSet;
use tokio::time::sleep;

const BATCH: usize = 100;

#[tokio::main]
async fn main() {
    println!("1000 items that add a number");
    compare(Work::Add).await;
    println!("1000 items that compute for 100 µs");
    compare(Work::Compute).await;
    println!("1000 items that wait for 5 ms");
    compare(Work::Wait).await;
}

async fn task_for_each(work: Work) -> usize {
    let mut tasks = JoinSet::new();
    for item in items() {
        tasks.spawn(process_item(work, item));
    }
    // Without this, `main` would continue before the items are done.
    tasks.join_all().await.len()
}

async fn in_batches(work: Work) -> usize {
    let items = items();
    let mut tasks = JoinSet::new();
    for batch in items.chunks(BATCH) {
        // A task may outlive `items`, so each gets a copy of its batch.
        let batch = batch.to_vec();
        tasks.spawn(async move {
            let mut done = Vec::new();
            for item in batch {
                done.push(process_item(work, item).await);
            }
            done
        });
    }
    tasks.join_all().await.concat().len()
}

async fn at_a_time(work: Work) -> usize {
    stream::iter(items())
        .map(|item| process_item(work, item))
        .buffer_unordered(BATCH)
        .count()
        .await
}

fn items() -> Vec<u64> {
    (0..1000).collect()
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
        Work::Compute => (0..5_000).fold(item, |sum, it| black_box(sum ^ it)),
        Work::Wait => {
            sleep(Duration::from_millis(5)).await;
            item
        }
    }
}

async fn compare(work: Work) {
    let each = measure(work, task_for_each).await;
    println!("  a task for each: {each:.2} ms");
    for (name, took) in [
        ("batches of 100", measure(work, in_batches).await),
        ("100 at a time", measure(work, at_a_time).await),
    ] {
        let verdict = match took / each {
            ..0.33 => "faster",
            ..3.0 => "about the same",
            _ => "slower",
        };
        println!("  {name}: {took:.2} ms, {verdict}");
    }
}

/// The median time of several rounds, in milliseconds.
async fn measure(work: Work, process: impl AsyncFn(Work) -> usize) -> f64 {
    let rounds = if matches!(work, Work::Wait) { 1 } else { 5 };
    let mut times = Vec::new();
    for _ in 0..rounds {
        let start = Instant::now();
        let done = process(work).await;
        assert_eq!(done, 1000);
        times.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    times[rounds / 2]
}
