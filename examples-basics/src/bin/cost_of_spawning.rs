//! Measure what `spawn` costs, beside an `.await` and a thread.
//!
//! A task is no thread: to spawn and join one takes half a microsecond, a
//! thread 40 to 80 times as long. Beside short work, here of 4 ns, even a task
//! is a hundred times too much. What it buys is that others run at the same
//! time: on two cores, 100 pieces of long work take half as long, but not if
//! each is awaited as soon as it is spawned. So await work of less than about
//! 10 µs in place, and spawn what is longer, or waits, while there is more to
//! do.
//!
//! ```console
//! $ cargo run --release -p examples-basics --bin cost_of_spawning
//! a parcel:                      short      long
//! awaited in place [..]
//! a task, awaited at once [..]
//! a task each, then joined [..]
//! a thread each, then joined [..]
//! ```
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread`.

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use tokio::task::{JoinError, JoinSet, spawn_blocking};

const PARCELS: u32 = 100;

#[tokio::main]
async fn main() -> Result<(), JoinError> {
    // Main is not on a worker thread: to have it await each task would measure
    // how long it takes to wake another thread, 18 µs.
    let short = tokio::spawn(measure(10)).await??;
    let long = tokio::spawn(measure(50_000)).await??;

    println!("{:26}{:>10}{:>10}", "a parcel:", "short", "long");
    let names = [
        "awaited in place",
        "a task, awaited at once",
        "a task each, then joined",
        "a thread each, then joined",
    ];
    for ((name, short), long) in names.into_iter().zip(short).zip(long) {
        println!("{name:26}{short:>10.0?}{long:>10.0?}");
    }
    Ok(())
}

/// The shortest of three measurements: whatever disturbs one makes it longer.
async fn measure(rounds: u32) -> Result<[Duration; 4], JoinError> {
    let mut best = [Duration::MAX; 4];
    for _ in 0..3 {
        let times = [
            in_place(rounds).await,
            awaited_at_once(rounds).await?,
            joined(rounds).await,
            spawn_blocking(move || on_threads(rounds)).await?,
        ];
        for (best, time) in best.iter_mut().zip(times) {
            *best = time.min(*best);
        }
    }
    Ok(best.map(|time| time / PARCELS))
}

async fn in_place(rounds: u32) -> Duration {
    let start = Instant::now();
    for parcel in 0..PARCELS {
        black_box(weigh(parcel, rounds).await);
    }
    start.elapsed()
}

async fn awaited_at_once(rounds: u32) -> Result<Duration, JoinError> {
    let start = Instant::now();
    for parcel in 0..PARCELS {
        tokio::spawn(weigh(parcel, rounds)).await?;
    }
    Ok(start.elapsed())
}

async fn joined(rounds: u32) -> Duration {
    let start = Instant::now();
    let tasks: JoinSet<u32> = (0..PARCELS).map(|parcel| weigh(parcel, rounds)).collect();
    tasks.join_all().await;
    start.elapsed()
}

fn on_threads(rounds: u32) -> Duration {
    let start = Instant::now();
    thread::scope(|scope| {
        for parcel in 0..PARCELS {
            scope.spawn(move || checksum(parcel, rounds));
        }
    });
    start.elapsed()
}

async fn weigh(parcel: u32, rounds: u32) -> u32 {
    checksum(parcel, rounds)
}

/// Unlike a sum of numbers, this has no formula that the optimiser could find.
fn checksum(parcel: u32, rounds: u32) -> u32 {
    (0..rounds).fold(parcel, |sum, round| (sum ^ round).wrapping_mul(0x0100_0193))
}
