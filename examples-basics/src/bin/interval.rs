//! Do something every 100 ms with `interval`, and choose how it catches up.
//!
//! A sensor is read at each tick: immediately, then every 100 ms. The second
//! reading takes 250 ms and is done at 350 ms, so the ticks at 200 and 300 ms
//! are missed. One of them comes late, at 350 ms. You choose what happens next:
//!
//! - `Burst`, the default: the other missed tick follows immediately, then the
//!   schedule continues at 400 ms;
//! - `Delay`: a new schedule starts from the late tick, and the next tick comes
//!   at 450 ms;
//! - `Skip`: the other missed tick is dropped, and the schedule continues at
//!   400 ms.
//!
//! ```console
//! $ cargo run -p examples-basics --bin interval
//! Burst: [0, 100, 350, 350, 400, 500] ms
//! Delay: [0, 100, 350, 450, 550, 650] ms
//! Skip:  [0, 100, 350, 400, 500, 600] ms
//! ```
//!
//! Tokio's clock is paused: it jumps to the next timer instead of waiting, so
//! the times are exact.
//!
//! If the number of ticks matters, choose `Burst`. To report a current state,
//! choose `Skip`: a second report at the same moment is useless.
//!
//! Copy it with `cargo add tokio -F macros,test-util`.

use std::time::Duration;

use tokio::time::MissedTickBehavior::{self, Burst, Delay, Skip};
use tokio::time::{Instant, interval, sleep};

// `start_paused` pauses the clock. It needs the feature `test-util`.
#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    println!("Burst: {:?} ms", tick_times(Burst).await);
    println!("Delay: {:?} ms", tick_times(Delay).await);
    println!("Skip:  {:?} ms", tick_times(Skip).await);
}

async fn tick_times(missed: MissedTickBehavior) -> Vec<u128> {
    let start = Instant::now();
    let mut ticker = interval(Duration::from_millis(100));
    ticker.set_missed_tick_behavior(missed);

    let mut times = Vec::new();
    for reading in 1..=6 {
        ticker.tick().await;
        times.push(start.elapsed().as_millis());
        if reading == 2 {
            sleep(Duration::from_millis(250)).await;
        }
    }
    times
}
