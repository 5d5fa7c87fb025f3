//! Compute on several cores with `spawn`; `join!` uses only one.
//!
//! With `join!`, two computations take no less time than in sequence. With
//! `spawn`, they take about half. `join!` uses one thread, and switches to
//! the other future when one waits. Such futures are concurrent, not parallel.
//! A computation never waits, so the second one starts only when the first is
//! done. Spawned tasks run on the worker threads of the runtime, by default one
//! for each core. So two tasks can run in parallel, at the same moment.
//!
//! ```console,busy
//! $ cargo run -p examples-basics --bin concurrent_vs_parallel
//! in sequence: ~145 ms on 1 thread
//! join!: ~144 ms on 1 thread
//! spawn: ~76 ms on 2 threads
//! ```
//!
//! A long computation delays other tasks. If the program has any, use
//! `spawn_blocking` instead of `spawn`: see `blocking_the_runtime`.
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread`.

use std::hint::black_box;
use std::thread::{self, ThreadId};
use std::time::Instant;

use tokio::task::JoinError;

#[tokio::main]
async fn main() -> Result<(), JoinError> {
    let start = Instant::now();
    let threads = (count_primes().await, count_primes().await);
    report("in sequence", start, threads);

    let start = Instant::now();
    let threads = tokio::join!(count_primes(), count_primes());
    report("join!", start, threads);

    let start = Instant::now();
    let handle1 = tokio::spawn(count_primes());
    let handle2 = tokio::spawn(count_primes());
    let threads = (handle1.await?, handle2.await?);
    report("spawn", start, threads);
    Ok(())
}

/// Counts the primes below 500,000, and returns the thread that did it.
async fn count_primes() -> ThreadId {
    let primes = (2..500_000_u32).filter(|&number| {
        // Try divisors up to the square root. A prime has none.
        let mut divisor = 2;
        while divisor * divisor <= number && number % divisor != 0 {
            divisor += 1;
        }
        divisor * divisor > number
    });
    // The optimizer would remove the count without `black_box`.
    black_box(primes.count());
    thread::current().id()
}

fn report(form: &str, start: Instant, threads: (ThreadId, ThreadId)) {
    let millis = start.elapsed().as_millis();
    if threads.0 == threads.1 {
        println!("{form}: {millis} ms on 1 thread");
    } else {
        println!("{form}: {millis} ms on 2 threads");
    }
}
