//! Share the latest value of something with a `watch` channel.
//!
//! A download publishes its progress, and a display shows it. The channel has
//! room for one value, and each send overwrites it. Five updates come before
//! the display runs, so it shows only the fifth, 50 %. A second receiver waits
//! until the value is 100; `wait_for` returns immediately if it already is.
//! When the sender is dropped, `changed` returns an error.
//!
//! ```console
//! $ cargo run -p examples-channels --bin watch
//! display: 50 %
//! display: 100 %                  # 300 ms
//! the file is complete            # 300 ms
//! display: the download is gone   # 400 ms
//! ```
//!
//! A `watch` skips values. For events that must all arrive, use `mpsc` or
//! `broadcast`.
//!
//! Copy it with `cargo add tokio -F macros,rt,sync,time`.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (tx, rx) = watch::channel(0);
    // `biased` runs the futures in the order written, each until it waits. This
    // keeps the order of the lines.
    tokio::join!(biased; download(tx), display(rx.clone()), open_file(rx));
}

async fn download(progress: watch::Sender<u32>) {
    for percent in [10, 20, 30, 40, 50] {
        // Unlike `send`, this also stores the value while nobody listens.
        progress.send_replace(percent);
    }
    sleep(Duration::from_millis(300)).await;
    progress.send_replace(100);
    sleep(Duration::from_millis(100)).await;
}

async fn display(mut progress: watch::Receiver<u32>) {
    while progress.changed().await.is_ok() {
        // The borrow holds a lock, and a send would block its thread until the
        // borrow is dropped. So copy the value out.
        let percent = *progress.borrow_and_update();
        println!("display: {percent} %");
    }
    println!("display: the download is gone");
}

async fn open_file(mut progress: watch::Receiver<u32>) {
    match progress.wait_for(|percent| *percent == 100).await {
        Ok(_) => println!("the file is complete"),
        Err(_) => println!("the download has stopped early"),
    }
}
