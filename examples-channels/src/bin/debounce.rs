//! Act once after a burst with `debounce`, or at a steady pace with `throttle`.
//!
//! A user types `tokio sync`. A search after each letter would be wasteful.
//! `debounce` searches when no letter has come for 300 ms, or when the sender
//! is dropped: here twice. `throttle`, with a `sleep` after each search,
//! searches immediately, and then at most once every 250 ms: here six times.
//! Both read from a `watch` channel. It holds only the latest text, so a slow
//! search never delays the typing.
//!
//! ```console
//! $ cargo run -p examples-channels --bin debounce
//! throttle at 0 ms: t
//! throttle at 250 ms: tok
//! throttle at 500 ms: tokio
//! debounce at 700 ms: tokio
//! throttle at 1000 ms: tokio s
//! throttle at 1250 ms: tokio syn
//! debounce at 1300 ms: tokio sync
//! throttle at 1500 ms: tokio sync
//! ```
//!
//! While letters keep coming, `debounce` does not search at all. If every
//! value counts, use `mpsc`.
//!
//! Tokio's clock is paused: it jumps to the next timer instead of waiting, so
//! the times are exact.
//!
//! Copy it with `cargo add tokio -F macros,rt,sync,test-util`.

use std::time::Duration;

use tokio::sync::watch::{self, Receiver, Sender};
use tokio::time::{Instant, sleep, timeout};

const QUIET: Duration = Duration::from_millis(300);
const PERIOD: Duration = Duration::from_millis(250);

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let start = Instant::now();
    let (text, typed) = watch::channel("");
    tokio::join!(
        type_letters(text),
        search_debounced(typed.clone(), start),
        search_throttled(typed, start),
    );
}

async fn search_debounced(mut typed: Receiver<&str>, start: Instant) {
    while let Some(text) = debounce(&mut typed).await {
        println!("debounce at {} ms: {text}", start.elapsed().as_millis());
    }
}

async fn search_throttled(mut typed: Receiver<&str>, start: Instant) {
    while let Some(text) = throttle(&mut typed).await {
        println!("throttle at {} ms: {text}", start.elapsed().as_millis());
        sleep(PERIOD).await;
    }
}

async fn type_letters(text: Sender<&str>) {
    for (input, pause) in [
        ("t", 100),
        ("to", 100),
        ("tok", 100),
        ("toki", 100),
        ("tokio", 600),
        ("tokio s", 100),
        ("tokio sy", 100),
        ("tokio syn", 100),
        ("tokio sync", 0),
    ] {
        // An error means that nobody searches anymore.
        if text.send(input).is_err() {
            return;
        }
        sleep(Duration::from_millis(pause)).await;
    }
}

/// Waits for a change, and then until there was none for `QUIET`. Returns
/// `None` when the sender is gone.
async fn debounce<T: Clone>(input: &mut Receiver<T>) -> Option<T> {
    input.changed().await.ok()?;
    // `Ok(Ok(()))` means that there was a change, so wait again. Otherwise it
    // was quiet, or the sender is gone.
    while let Ok(Ok(())) = timeout(QUIET, input.changed()).await {}
    Some(input.borrow_and_update().clone())
}

/// Waits for a change. The pace comes from the caller's `sleep`.
async fn throttle<T: Clone>(input: &mut Receiver<T>) -> Option<T> {
    input.changed().await.ok()?;
    Some(input.borrow_and_update().clone())
}
