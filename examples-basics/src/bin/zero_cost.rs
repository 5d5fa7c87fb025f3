//! Compare the cost of a plain `fn`, an `async fn`, `Box::pin` and `spawn`.
//!
//! An order is added up in five ways, and each line shows the time of one call
//! in an optimized build. An `async fn` costs about as much as a plain function
//! and as a future written by hand. That is what "zero-cost" means: nothing is
//! allocated or queued for an `.await`. `Box::pin` allocates memory for the
//! future. `spawn` also puts a task into the queue of the runtime.
//!
//! ```console,busy
//! $ cargo run --release -p examples-basics --bin zero_cost
//! plain fn: ~3.2 ns
//! async fn: ~4.1 ns
//! future by hand: ~3.8 ns
//! Box::pin: ~13.0 ns
//! spawn: ~387.5 ns
//! size of the future: 8 bytes
//! ```
//!
//! To compare a task with a thread, see `cost_of_spawning`.
//!
//! Copy it with `cargo add tokio -F macros,rt`.

use std::hint::black_box;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

const ORDERS: u32 = 100_000;
/// Only the fastest round counts, because other programs slow a round down.
const ROUNDS: u32 = 5;

// All tasks run on this thread, so `spawn` does not have to wake another one.
#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for price in 0..ORDERS {
            black_box(total(price));
        }
        best = best.min(start.elapsed());
    }
    print("plain fn", best);

    time("async fn", total_async).await;
    time("future by hand", |price| Total { price }).await;
    time("Box::pin", |price| Box::pin(total_async(price))).await;
    time("spawn", |price| tokio::spawn(total_async(price))).await;
    println!("size of the future: {} bytes", size_of_val(&total_async(1)));
}

async fn time<F: Future>(name: &str, call: impl Fn(u32) -> F) {
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for price in 0..ORDERS {
            black_box(call(price).await);
        }
        best = best.min(start.elapsed());
    }
    print(name, best);
}

fn print(name: &str, time: Duration) {
    let nanoseconds = time.as_secs_f64() * 1e9 / f64::from(ORDERS);
    println!("{name}: {nanoseconds:.1} ns");
}

fn total(price: u32) -> u32 {
    // `black_box` keeps the compiler from computing the total in advance.
    (1..=10).fold(0, |sum, _item| black_box(sum) + price)
}

async fn total_async(price: u32) -> u32 {
    total(price)
}

struct Total {
    price: u32,
}

/// The same as `total_async`, written by hand: see `future_by_hand` in
/// examples-advanced.
impl Future for Total {
    type Output = u32;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u32> {
        Poll::Ready(total(self.price))
    }
}
