//! Connect a thread and a task with `blocking_recv` and `blocking_send`.
//!
//! A driver that blocks gets a thread of its own. Its end of each channel
//! blocks, the other end awaits, and the bounds hold both ways. Dropping the
//! sender ends the driver's loop, and with it the receipts. In a task these
//! calls would hold up the others, so there they panic. Not for a blocking call
//! now and then, which is `spawn_blocking`: a thread is for what keeps a device
//! or never ends.
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
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,sync`.

use std::thread;
use std::time::Duration;

use tokio::sync::mpsc::{self, Receiver, Sender};

#[tokio::main]
async fn main() {
    let (to_printer, labels) = mpsc::channel(2);
    let (to_office, mut receipts) = mpsc::channel(2);
    let driver = thread::spawn(move || print_labels(labels, &to_office));
    let send = async move {
        for label in 1..=3 {
            // The driver has ended; joining it says why.
            if to_printer.send(label).await.is_err() {
                break;
            }
        }
    };
    let receive = async {
        while let Some(label) = receipts.recv().await {
            println!("label {label} is printed");
        }
    };
    tokio::join!(send, receive);
    // Its sender is dropped, so it is at its end: this wait holds up nobody.
    if driver.join().is_err() {
        println!("the driver panicked");
    }

    let (_to_printer, labels) = mpsc::channel(2);
    let (to_office, _receipts) = mpsc::channel(2);
    let broken = tokio::spawn(async move { print_labels(labels, &to_office) });
    if let Err(panic) = broken.await {
        println!("broken: {panic}");
    }
}

fn print_labels(mut labels: Receiver<u32>, to_office: &Sender<u32>) {
    while let Some(label) = labels.blocking_recv() {
        // As a device that prints.
        thread::sleep(Duration::from_millis(100));
        // Nobody wants receipts any more.
        if to_office.blocking_send(label).is_err() {
            return;
        }
    }
}
