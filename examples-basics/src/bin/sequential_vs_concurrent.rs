//! Run two futures in sequence, with `join!`, or with `spawn`.
//!
//! Two waits of 1 s take 2 s when one is awaited after the other, and 1 s when
//! they are joined or spawned: waiting overlaps either way. Computing does not.
//! `join!` stays within one task and so on one thread, where two computations
//! take as long as in sequence; spawned, they run on two threads in half the
//! time, if there are two cores.
//!
//! ```console
//! $ cargo run -p examples-basics --bin sequential_vs_concurrent
//!              waiting  computing
//! sequential       2 s  [..] ms
//! joined           1 s  [..] ms
//! spawned          1 s  [..] ms
//! ```
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use tokio::task::JoinError;
use tokio::time::sleep;

#[tokio::main]
async fn main() -> Result<(), JoinError> {
    println!("             waiting  computing");
    let waiting = sequential(wait(), wait()).await;
    let computing = sequential(compute(), compute()).await;
    print_row("sequential", waiting, computing);

    let waiting = joined(wait(), wait()).await;
    let computing = joined(compute(), compute()).await;
    print_row("joined", waiting, computing);

    let waiting = spawned(wait(), wait()).await?;
    let computing = spawned(compute(), compute()).await?;
    print_row("spawned", waiting, computing);
    Ok(())
}

async fn sequential<F: Future>(task1: F, task2: F) -> Duration {
    let start = Instant::now();
    task1.await;
    task2.await;
    start.elapsed()
}

async fn joined<F: Future>(task1: F, task2: F) -> Duration {
    let start = Instant::now();
    tokio::join!(task1, task2);
    start.elapsed()
}

async fn spawned<F>(task1: F, task2: F) -> Result<Duration, JoinError>
where
    F: Future<Output: Send> + Send + 'static,
{
    let start = Instant::now();
    let (task1, task2) = (tokio::spawn(task1), tokio::spawn(task2));
    task1.await?;
    task2.await?;
    Ok(start.elapsed())
}

async fn wait() {
    sleep(Duration::from_secs(1)).await;
}

/// Counts primes, which an optimiser would leave out but for `black_box`.
async fn compute() {
    let primes = (2..700_000_u32).filter(|&number| {
        let mut divisor = 2;
        while divisor * divisor < number && number % divisor != 0 {
            divisor += 1;
        }
        divisor * divisor > number
    });
    black_box(primes.count());
}

fn print_row(form: &str, waiting: Duration, computing: Duration) {
    let (seconds, millis) = (waiting.as_secs(), computing.as_millis());
    println!("{form:10} {seconds:>7} s {millis:>7} ms");
}
