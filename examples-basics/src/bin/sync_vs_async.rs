//! Wait for three pages in the time of one with `join!`, on one thread.
//!
//! `thread::sleep` keeps its thread, so the second page is asked for only when
//! the first has come: 6 s. An `.await` that has to wait gives the thread back,
//! and `join!` uses it to ask for the next page: 2 s. No thread is added; what
//! overlaps is the waiting.
//!
//! ```console
//! $ cargo run -p examples-basics --bin sync_vs_async
//! page 1 asked for
//! page 2 asked for                 # 2 s
//! page 3 asked for                 # 4 s
//! Sync took: 6s, 1536 bytes        # 6 s
//! page 1 asked for                 # 6 s
//! page 2 asked for                 # 6 s
//! page 3 asked for                 # 6 s
//! Async took: 2s, 1536 bytes       # 8 s
//! ```
//!
//! Copy it with `cargo add tokio -F macros,rt,time`.

use std::thread;
use std::time::{Duration, Instant};

use tokio::time::sleep;

fn main() {
    let start = Instant::now();
    let bytes = sync_example();
    let seconds = start.elapsed().as_secs();
    println!("Sync took: {seconds}s, {bytes} bytes");

    let start = Instant::now();
    let bytes = async_example();
    let seconds = start.elapsed().as_secs();
    println!("Async took: {seconds}s, {bytes} bytes");
}

fn sync_example() -> usize {
    fetch_data_sync(1) + fetch_data_sync(2) + fetch_data_sync(3)
}

// The macro makes this an ordinary function, which runs it on this thread.
// Called from async code it would panic: there a runtime is running already.
#[tokio::main(flavor = "current_thread")]
async fn async_example() -> usize {
    let (one, two, three) = tokio::join!(
        fetch_data_async(1),
        fetch_data_async(2),
        fetch_data_async(3),
    );
    one + two + three
}

fn fetch_data_sync(page: u32) -> usize {
    println!("page {page} asked for");
    thread::sleep(Duration::from_secs(2));
    512
}

async fn fetch_data_async(page: u32) -> usize {
    println!("page {page} asked for");
    sleep(Duration::from_secs(2)).await;
    512
}
