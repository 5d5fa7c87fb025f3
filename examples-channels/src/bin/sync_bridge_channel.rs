//! Connect a thread and a task with `blocking_recv` and `blocking_send`.
//!
//! A printer's driver blocks, so it runs on a thread of its own. It takes
//! labels from a channel with `blocking_recv`, and sends receipts with
//! `blocking_send`. The tasks at the other ends use `.await`. When the sender
//! of the labels is dropped, the driver stops. `broken` runs the driver in a
//! task. A task that blocks would stop the others on its thread of the runtime,
//! so `blocking_recv` panics. The line `...` is the message of the panic.
//!
//! ```console
//! $ cargo run -p examples-channels --bin sync_bridge_channel
//! label 1 is printed     # 100 ms
//! label 2 is printed     # 200 ms
//! label 3 is printed     # 300 ms
//! ...
//! broken: task [..] panicked with message "Cannot block the current[..]
//! ```
//!
//! For a single blocking call, use `spawn_blocking`: see `blocking_the_runtime`
//! in examples-basics.
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,sync`.

use std::thread;
use std::time::Duration;

use tokio::sync::mpsc::{self, Receiver, Sender};

#[tokio::main]
async fn main() {
    fixed().await;
    broken().await;
}

async fn fixed() {
    let (labels_tx, labels_rx) = mpsc::channel(2);
    let (receipts_tx, mut receipts_rx) = mpsc::channel(2);
    let driver = thread::spawn(move || drive_printer(labels_rx, receipts_tx));

    tokio::spawn(async move {
        for label in 1..=3 {
            // An error means that the driver has stopped.
            if labels_tx.send(label).await.is_err() {
                break;
            }
        }
    });
    // This loop stops when the driver drops its sender.
    while let Some(label) = receipts_rx.recv().await {
        println!("label {label} is printed");
    }
    // The thread is at its end, so this does not block.
    if driver.join().is_err() {
        println!("the driver panicked");
    }
}

async fn broken() {
    // These names keep both channels open. With a plain `_`, the ends would be
    // dropped here.
    let (_labels_tx, labels_rx) = mpsc::channel(2);
    let (receipts_tx, _receipts_rx) = mpsc::channel(2);
    // The first `blocking_recv` panics in a task.
    let driver = tokio::spawn(async { drive_printer(labels_rx, receipts_tx) });
    if let Err(error) = driver.await {
        println!("broken: {error}");
    }
}

fn drive_printer(mut labels: Receiver<u32>, receipts: Sender<u32>) {
    while let Some(label) = labels.blocking_recv() {
        // Stands for the printer.
        thread::sleep(Duration::from_millis(100));
        // An error means that nobody wants receipts anymore.
        if receipts.blocking_send(label).is_err() {
            break;
        }
    }
}
