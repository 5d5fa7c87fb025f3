//! Measure what `spawn` costs, compared with an `.await` and a thread.
//!
//! A function that computes for a few nanoseconds is called 1,000 times in
//! three ways: awaited in place, in a task for each call, and in a thread for
//! each call. Each line shows the time of one call. A task costs much more than
//! so little work, and a thread costs even more. Spawn a task for work that
//! waits, or that computes for 10 µs or longer: then `spawn` adds about 5%.
//! Await shorter work in place.
//!
//! ```console,busy
//! $ cargo run --release -p examples-basics --bin cost_of_spawning
//! awaited in place: ~11 ns
//! in a task: ~540 ns
//! in a thread: ~58210 ns
//! ```
//!
//! To compute on several cores, see `concurrent_vs_parallel`.
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread`.

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use tokio::task::{JoinError, spawn_blocking};

const CALLS: u32 = 1_000;
/// Only the fastest round counts, because other programs slow a round down.
const ROUNDS: u32 = 5;

#[tokio::main]
async fn main() -> Result<(), JoinError> {
    // Measure in a task, which runs on a worker thread. `main` does not run on
    // one, so each of its spawns would have to wake a worker, which takes
    // longer. `?` returns the `JoinError` of a task that has panicked.
    tokio::spawn(measure()).await?
}

async fn measure() -> Result<(), JoinError> {
    let mut best = [Duration::MAX; 3];
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let mut sum = 0;
        for _ in 0..CALLS {
            // Each call needs the last sum: the processor cannot overlap calls.
            sum = weigh(sum).await;
        }
        black_box(sum);
        best[0] = best[0].min(start.elapsed());

        let start = Instant::now();
        for parcel in 0..CALLS {
            tokio::spawn(weigh(parcel)).await?;
        }
        best[1] = best[1].min(start.elapsed());

        // Waiting for a thread blocks, so keep it off the worker threads.
        best[2] = best[2].min(spawn_blocking(start_threads).await?);
    }

    for (way, round) in ["awaited in place", "in a task", "in a thread"]
        .iter()
        .zip(best)
    {
        println!("{way}: {} ns", round.as_nanos() / u128::from(CALLS));
    }
    Ok(())
}

fn start_threads() -> Duration {
    let start = Instant::now();
    for parcel in 0..CALLS {
        // `scope` returns when its thread is done.
        thread::scope(|scope| {
            scope.spawn(|| checksum(parcel));
        });
    }
    start.elapsed()
}

async fn weigh(parcel: u32) -> u32 {
    checksum(parcel)
}

/// Some arithmetic. `black_box` hides the parcel from the optimizer.
fn checksum(parcel: u32) -> u32 {
    (0..10).fold(black_box(parcel), |sum, round| {
        (sum ^ round).wrapping_mul(0x0100_0193)
    })
}
