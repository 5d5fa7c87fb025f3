//! Do something every 100 ms with `interval`, and choose what a late tick does.
//!
//! A sensor is read every 100 ms, and the second reading takes 250 ms, so the
//! ticks at 200 and 300 ms are missed. `Burst`, the default, makes up for them
//! immediately and is back on schedule at 400 ms. `Delay` starts a new schedule
//! from the late tick. `Skip` drops the missed ticks and keeps the old
//! schedule. The first tick is immediate. Time is paused, so the times are
//! exact.
//!
//! ```console
//! $ cargo run -p examples-basics --bin interval
//! Burst: [0, 100, 350, 350, 400, 500] ms
//! Delay: [0, 100, 350, 450, 550, 650] ms
//! Skip:  [0, 100, 350, 400, 500, 600] ms
//! ```
//!
//! To poll or to report, choose `Skip`: a burst helps nobody. Choose `Burst`
//! where the number of ticks counts.
//!
//! Copy it with `cargo add tokio -F macros,test-util`.

use std::time::Duration;

use tokio::time::MissedTickBehavior::{self, Burst, Delay, Skip};
use tokio::time::{Instant, interval, sleep};

// While time is paused, the clock jumps to the next timer as soon as every task
// waits.
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
