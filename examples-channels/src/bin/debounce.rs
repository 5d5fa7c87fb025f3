//! Act once after a burst with `debounce`, or now and then with `throttle`.
//!
//! A search for each of nine keys is seven too many. `debounce` waits until no
//! key has come for 300 ms; `throttle` searches at once, and every 250 ms while
//! keys come. Both read a `watch`, which holds the latest text only: a slow
//! search never holds up the typing, and dropping the sender does not lose the
//! last text. Not where every value counts, which is `mpsc`. And input that
//! never rests never gets past a `debounce`.
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
//! The clock is paused, so the schedule is exact and the run takes no time.
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
    let search = |by: &str, text: &str| {
        println!("{by} at {} ms: {text}", start.elapsed().as_millis());
    };

    let (text, typed) = watch::channel("");
    let debounced = debounce(typed.clone(), async |text| search("debounce", text));
    let throttled = throttle(typed, async |text| search("throttle", text));
    tokio::join!(type_in(text), debounced, throttled);
}

async fn type_in(text: Sender<&str>) {
    for (typed, pause) in [
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
        // Nobody searches any more.
        if text.send(typed).is_err() {
            return;
        }
        sleep(Duration::from_millis(pause)).await;
    }
}

async fn debounce<T: Clone>(mut input: Receiver<T>, act: impl AsyncFn(T)) {
    while input.changed().await.is_ok() {
        // A change begins the wait anew, a dropped sender ends it.
        while let Ok(Ok(())) = timeout(QUIET, input.changed()).await {}
        let latest = input.borrow_and_update().clone();
        act(latest).await;
    }
}

async fn throttle<T: Clone>(mut input: Receiver<T>, act: impl AsyncFn(T)) {
    while input.changed().await.is_ok() {
        // In a statement of its own: the borrow locks out the sender.
        let latest = input.borrow_and_update().clone();
        act(latest).await;
        sleep(PERIOD).await;
    }
}
