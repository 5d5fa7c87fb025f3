//! Await two functions in sequence, with `join!`, or with `spawn`.
//!
//! `task1` waits 1 s and `task2` waits 500 ms. Awaited in sequence, they take
//! 1.5 s, because `task1` ends before `task2` starts. With `join!` or `spawn`,
//! they wait at the same time and take 1 s. `join!` starts them in the order
//! written, and runs both in `main`. `spawn` makes a task of each. Tasks may
//! run on different threads, so either may start first.
//!
//! ```console,unordered
//! $ cargo run -p examples-basics --bin sequential_vs_concurrent
//! task1 starts
//! task1 ends           # 1 s
//! task2 starts         # 1 s
//! task2 ends           # 1.5 s
//! in sequence: ~1.5 s  # 1.5 s
//! task1 starts         # 1.5 s
//! task2 starts         # 1.5 s
//! task2 ends           # 2 s
//! task1 ends           # 2.5 s
//! join!: ~1.0 s        # 2.5 s
//! task1 starts         # 2.5 s
//! task2 starts         # 2.5 s
//! task2 ends           # 3 s
//! task1 ends           # 3.5 s
//! spawn: ~1.0 s        # 3.5 s
//! ```
//!
//! If the functions compute instead of waiting, see `concurrent_vs_parallel`.
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time`.

use std::time::{Duration, Instant};

use tokio::task::JoinError;
use tokio::time::sleep;

#[tokio::main]
async fn main() -> Result<(), JoinError> {
    let start = Instant::now();
    task1().await;
    task2().await;
    println!("in sequence: {:.1} s", start.elapsed().as_secs_f64());

    let start = Instant::now();
    tokio::join!(task1(), task2());
    println!("join!: {:.1} s", start.elapsed().as_secs_f64());

    let start = Instant::now();
    let handle1 = tokio::spawn(task1());
    let handle2 = tokio::spawn(task2());
    // `?` returns the `JoinError` of a task that has panicked.
    handle1.await?;
    handle2.await?;
    println!("spawn: {:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}

async fn task1() {
    println!("task1 starts");
    sleep(Duration::from_secs(1)).await;
    println!("task1 ends");
}

async fn task2() {
    println!("task2 starts");
    sleep(Duration::from_millis(500)).await;
    println!("task2 ends");
}
