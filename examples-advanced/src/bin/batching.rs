//! Group tiny items into one `spawn` per 50; do not group items that wait.
//!
//! 1000 items are processed in three ways: in a task for each, in 20 tasks of
//! 50 items, and in one task, 50 at a time. A task costs a few microseconds in
//! this debug build. So batches are much faster for items that only add a
//! number. For items that loop 5,000 times, they make no difference. Items
//! that wait become slower, because the items of a batch wait one after the
//! other. To limit how many wait at the same time, use `buffer_unordered`. It
//! runs in one task, so it computes on one core.
//!
//! ```console,busy
//! $ cargo run -p examples-advanced --bin batching
//! 1000 items that add a number
//!   a task for each: ~2.07 ms
//!   batches of 50: ~0.15 ms, faster
//!   50 at a time: ~0.42 ms, faster
//! 1000 items that loop 5,000 times
//!   a task for each: ~38.45 ms
//!   batches of 50: ~32.36 ms, about the same
//!   50 at a time: ~48.90 ms, about the same
//! 1000 items that wait for 5 ms
//!   a task for each: ~9.93 ms
//!   batches of 50: ~309.89 ms, slower
//!   50 at a time: ~125.10 ms, slower
//! ```
//!
//! For the cost of a task, see `cost_of_spawning` in examples-basics.
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

const BATCH: usize = 50;

// With more workers, the tasks that compute would use more cores.
#[tokio::main(worker_threads = 2)]
async fn main() {
    println!("1000 items that add a number");
    compare(Work::Add, 30).await;
    println!("1000 items that loop 5,000 times");
    compare(Work::Compute, 3).await;
    println!("1000 items that wait for 5 ms");
    compare(Work::Wait, 3).await;
}

async fn task_for_each(items: Vec<u64>, work: Work) -> usize {
    let mut tasks = JoinSet::new();
    for item in items {
        tasks.spawn(process_item(item, work));
    }
    // Wait for the tasks: a `JoinSet` that is dropped aborts its tasks.
    tasks.join_all().await.len()
}

async fn in_batches(items: Vec<u64>, work: Work) -> usize {
    let mut tasks = JoinSet::new();
    for batch in items.chunks(BATCH) {
        // A task may outlive `items`, so each gets a copy of its batch.
        let batch = batch.to_vec();
        tasks.spawn(async move {
            let mut done = Vec::new();
            for item in batch {
                done.push(process_item(item, work).await);
            }
            done
        });
    }
    tasks.join_all().await.concat().len()
}

async fn process_item(item: u64, work: Work) -> u64 {
    match work {
        // `black_box` keeps the compiler from removing the work.
        Work::Add => black_box(item) + 1,
        Work::Compute => (0..5_000).fold(item, |sum, it| black_box(sum ^ it)),
        Work::Wait => {
            sleep(Duration::from_millis(5)).await;
            item
        }
    }
}

async fn at_a_time(items: Vec<u64>, work: Work) -> usize {
    stream::iter(items)
        .map(|item| process_item(item, work))
        .buffer_unordered(BATCH)
        .count()
        .await
}

#[derive(Clone, Copy)]
enum Work {
    Add,
    Compute,
    Wait,
}

/// Prints the fastest of some rounds. A short round is easily disturbed, so it
/// needs more of them.
async fn compare(work: Work, rounds: u32) {
    let [mut each, mut batches, mut limited] = [f64::MAX; 3];
    // The ways take turns, so a slow moment of the machine slows them all.
    for _ in 0..rounds {
        each = each.min(measure(task_for_each, work).await);
        batches = batches.min(measure(in_batches, work).await);
        limited = limited.min(measure(at_a_time, work).await);
    }
    println!("  a task for each: {each:.2} ms");
    report("batches of 50", batches, each);
    report("50 at a time", limited, each);
}

/// The time for 1000 items in milliseconds.
async fn measure(process: impl AsyncFn(Vec<u64>, Work) -> usize, work: Work) -> f64 {
    let start = Instant::now();
    let done = process((0..1000).collect(), work).await;
    assert_eq!(done, 1000);
    start.elapsed().as_secs_f64() * 1000.0
}

/// "About the same" is a wide range: it includes one core instead of two.
fn report(name: &str, took: f64, each: f64) {
    let verdict = match took / each {
        ..0.3 => "faster",
        ..3.0 => "about the same",
        _ => "slower",
    };
    println!("  {name}: {took:.2} ms, {verdict}");
}
