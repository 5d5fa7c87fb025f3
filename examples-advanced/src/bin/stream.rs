//! Process the items of a `Stream` in a loop with `while let`.
//!
//! Five numbers are processed. Then five temperatures arrive, one every 100 ms,
//! and the warm ones are printed. A stream is like an iterator, but its `next`
//! is awaited. It returns the next item as soon as there is one, and `None` at
//! the end. Rust has no `for` loop for streams, so the loop is a `while let`.
//! `throttle`, which makes the pauses, and `filter` are adapters: like those
//! of iterators, they do nothing until the loop asks for an item.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin stream
//! Processing: 1
//! Processing: 2
//! Processing: 3
//! Processing: 4
//! Processing: 5
//! warm: 21 °C      # 100 ms
//! warm: 24 °C      # 200 ms
//! warm: 26 °C      # 400 ms
//! ```
//!
//! To process several items at the same time, see `buffer_unordered`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,rt-multi-thread,time
//! cargo add tokio-stream -F time
//! ```

use std::pin::pin;
use std::time::Duration;

use tokio_stream::StreamExt;

#[tokio::main]
async fn main() {
    process_stream().await;

    let warm = tokio_stream::iter([18, 21, 24, 19, 26])
        .throttle(Duration::from_millis(100))
        .filter(|celsius| *celsius > 20);
    // `throttle` holds a timer, which must not move, so the stream is pinned.
    let mut warm = pin!(warm);
    while let Some(celsius) = warm.next().await {
        println!("warm: {celsius} °C");
    }
}

async fn process_stream() {
    let mut stream = tokio_stream::iter(1..=5);

    while let Some(number) = stream.next().await {
        println!("Processing: {number}");
    }
}
