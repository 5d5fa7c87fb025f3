//! Share the latest value of something with a `watch` channel.
//!
//! There is one place for the value, and each `send` overwrites it: the motor
//! that wakes up after five turns of the dial sees the 5 and never the others.
//! `wait_for` returns at once when the value is right already. Copy the value
//! out of `borrow_and_update`: while its guard lives, `send` blocks a whole
//! thread. Not for events, since values are skipped. Without a receiver `send`
//! changes nothing; `send_replace` does.
//!
//! ```console
//! $ cargo run -p examples-channels --bin watch
//! the motor runs at 5
//! the lamp goes out            # 300 ms
//! the motor runs at 0          # 300 ms
//! the dial has been removed    # 400 ms
//! ```
//!
//! Copy it with `cargo add tokio -F macros,rt,sync,time`.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

// On one thread nothing else runs between the five turns of the dial. `biased`
// keeps the order of the lines.
#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (dial, speed) = watch::channel(0);
    tokio::join!(biased; turn(dial), lamp(speed.clone()), motor(speed));
}

async fn turn(dial: watch::Sender<u32>) {
    for speed in 1..=5 {
        dial.send_replace(speed);
    }
    sleep(Duration::from_millis(300)).await;
    dial.send_replace(0);
    sleep(Duration::from_millis(100)).await;
}

async fn lamp(mut speed: watch::Receiver<u32>) {
    match speed.wait_for(|speed| *speed == 0).await {
        Ok(_) => println!("the lamp goes out"),
        Err(_) => println!("the lamp stays on: the dial is gone"),
    }
}

async fn motor(mut speed: watch::Receiver<u32>) {
    while speed.changed().await.is_ok() {
        let now = *speed.borrow_and_update();
        println!("the motor runs at {now}");
    }
    println!("the dial has been removed");
}
