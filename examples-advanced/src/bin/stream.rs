//! Process the items of a `Stream` as they come, with `while let`.
//!
//! A stream is to an iterator what a future is to a value: `next().await` gives
//! the next item when it is there, and `None` at the end. There is no `for
//! await` in stable Rust, so `while let` is the loop. Adapters such as `filter`
//! and `map` are as lazy as those of iterators, and run nothing at the same
//! time.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin stream
//! Processing: 1
//! Processing: 2
//! Processing: 3
//! Processing: 4
//! Processing: 5
//! odd square: 1
//! odd square: 9      # 100 ms
//! odd square: 25     # 200 ms
//! ```
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time` and
//! `cargo add tokio-stream -F time`.

use std::pin::pin;
use std::time::Duration;

use tokio_stream::StreamExt;

#[tokio::main]
async fn main() {
    let mut numbers = tokio_stream::iter(1..=5);
    while let Some(number) = numbers.next().await {
        println!("Processing: {number}");
    }

    let squares = tokio_stream::iter(1..=5)
        .filter(|number| number % 2 == 1)
        .map(|number| number * number)
        .throttle(Duration::from_millis(100));
    // Its timer must not move once it runs, so `next` wants it pinned.
    let mut squares = pin!(squares);
    while let Some(square) = squares.next().await {
        println!("odd square: {square}");
    }
}
