//! Connect a thread and a task with `blocking_recv` and `blocking_send`.
//!
//! A printer's driver blocks, so it runs on a thread of its own. It takes
//! labels from a channel with `blocking_recv`, and sends receipts with
//! `blocking_send`. The tasks at the other ends use `.await`. When the sender
//! of the labels is dropped, the driver stops. `broken` runs the driver in a
//! task. There, blocking would stop the other tasks of the thread, so
//! `blocking_recv` panics. The line `...` is the message of the panic.
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
    let (labels, to_print) = mpsc::channel(2);
    let (printed, mut receipts) = mpsc::channel(2);
    thread::spawn(move || drive_printer(to_print, printed));

    tokio::spawn(async move {
        for label in 1..=3 {
            // An error means that the driver has stopped.
            if labels.send(label).await.is_err() {
                break;
            }
        }
    });
    // This loop stops when the driver drops its sender.
    while let Some(label) = receipts.recv().await {
        println!("label {label} is printed");
    }
}

async fn broken() {
    // These names keep both channels open. With a plain `_`, the ends would be
    // dropped here.
    let (_labels, to_print) = mpsc::channel(2);
    let (printed, _receipts) = mpsc::channel(2);
    let driver = tokio::spawn(async { drive_printer(to_print, printed) });
    if let Err(error) = driver.await {
        println!("broken: {error}");
    }
}

fn drive_printer(mut to_print: Receiver<u32>, printed: Sender<u32>) {
    while let Some(label) = to_print.blocking_recv() {
        // Stands for the printer.
        thread::sleep(Duration::from_millis(100));
        // An error means that nobody wants receipts anymore.
        if printed.blocking_send(label).is_err() {
            break;
        }
    }
}
