//! Fetch three pages one after the other, then at the same time with `join!`.
//!
//! Three fetches of 2 s each take 6 s in the sync version and 2 s in the async
//! one. `thread::sleep` blocks its thread, so each fetch starts only when the
//! one before it is done. Tokio's `sleep` leaves the thread free while it
//! waits. `join!` uses that time to start the next fetch on the same thread.
//! Both versions use one thread. Only the waiting overlaps.
//!
//! ```console
//! $ cargo run -p examples-basics --bin sync_vs_async
//! fetch 1 starts             # 0 s
//! fetch 1 ends               # 2 s
//! fetch 2 starts             # 2 s
//! fetch 2 ends               # 4 s
//! fetch 3 starts             # 4 s
//! fetch 3 ends               # 6 s
//! Data 1, Data 2, Data 3     # 6 s
//! Sync took: ~6.0 s          # 6 s
//! fetch 1 starts             # 6 s
//! fetch 2 starts             # 6 s
//! fetch 3 starts             # 6 s
//! fetch 1 ends               # 8 s
//! fetch 2 ends               # 8 s
//! fetch 3 ends               # 8 s
//! Data 1, Data 2, Data 3     # 8 s
//! Async took: ~2.0 s         # 8 s
//! ```
//!
//! To compare `join!` with `spawn`, see `sequential_vs_concurrent`.
//!
//! Copy it with `cargo add tokio -F macros,rt,time`.

use std::thread;
use std::time::{Duration, Instant};

use tokio::time::sleep;

fn main() {
    sync_example();
    async_example();
}

fn sync_example() {
    let start = Instant::now();
    let one = fetch_data_sync(1);
    let two = fetch_data_sync(2);
    let three = fetch_data_sync(3);
    println!("{one}, {two}, {three}");
    println!("Sync took: {:.1} s", start.elapsed().as_secs_f64());
}

// `#[tokio::main]` turns this `async fn` into an ordinary function. It starts a
// runtime, here one that uses only the current thread, and waits for the body.
// If async code called it, it would panic: one runtime cannot start in another.
#[tokio::main(flavor = "current_thread")]
async fn async_example() {
    let start = Instant::now();
    // All three fetches end at the same moment. `biased` makes `join!` continue
    // them in the order written, so their lines come in that order.
    let (one, two, three) = tokio::join!(
        biased;
        fetch_data_async(1),
        fetch_data_async(2),
        fetch_data_async(3),
    );
    println!("{one}, {two}, {three}");
    println!("Async took: {:.1} s", start.elapsed().as_secs_f64());
}

fn fetch_data_sync(id: u32) -> String {
    println!("fetch {id} starts");
    thread::sleep(Duration::from_secs(2));
    println!("fetch {id} ends");
    format!("Data {id}")
}

async fn fetch_data_async(id: u32) -> String {
    println!("fetch {id} starts");
    sleep(Duration::from_secs(2)).await;
    println!("fetch {id} ends");
    format!("Data {id}")
}
