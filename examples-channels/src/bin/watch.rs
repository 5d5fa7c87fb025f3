//! Share the latest value of something with a `watch` channel.
//!
//! A download publishes its progress, and a display shows it. A `watch`
//! channel holds one value, and each send replaces it. Five updates are sent
//! before the display runs, so it shows only the fifth, 50 %. A second
//! receiver waits until the value is 100. When the sender is dropped,
//! `changed` returns an error, and the display stops.
//!
//! ```console
//! $ cargo run -p examples-channels --bin watch
//! display: 50 %
//! display: 100 %                  # 300 ms
//! the file is complete            # 300 ms
//! display: the sender is gone     # 400 ms
//! ```
//!
//! If every value must arrive, use `mpsc` or `broadcast`.
//!
//! Copy it with `cargo add tokio -F macros,rt,sync,time`.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (tx, rx) = watch::channel(0);
    // `biased` starts the futures in the order written, so the lines have the
    // same order in every run.
    tokio::join!(biased; download(tx), display(rx.clone()), open_file(rx));
}

async fn download(progress: watch::Sender<u32>) {
    for percent in [10, 20, 30, 40, 50] {
        // Unlike `send`, this stores the value even if there is no receiver.
        progress.send_replace(percent);
    }
    sleep(Duration::from_millis(300)).await;
    progress.send_replace(100);
    sleep(Duration::from_millis(100)).await;
}

async fn display(mut progress: watch::Receiver<u32>) {
    while progress.changed().await.is_ok() {
        // Copy the value out. A borrow holds a lock, and while you keep it, a
        // send blocks the thread of the sender.
        let percent = *progress.borrow_and_update();
        println!("display: {percent} %");
    }
    println!("display: the sender is gone");
}

async fn open_file(mut progress: watch::Receiver<u32>) {
    // This returns immediately if the value is 100 already. The `if` drops the
    // borrow that `wait_for` returns; a `match` would keep it.
    if progress.wait_for(|percent| *percent == 100).await.is_ok() {
        println!("the file is complete");
    } else {
        println!("the download has stopped early");
    }
}
