//! Drop the last sender, or a `recv` loop never ends.
//!
//! `recv` returns `None` when every `Sender` is gone, and one that was only
//! cloned from counts too: while it lives, the receiver waits for a report that
//! nobody will send, and no error says so. It may hide in a struct, in a
//! closure or in the receiving task (where a `WeakSender` would not count). Not
//! the way to end where senders live as long as the program: there use
//! `Receiver::close`.
//!
//! ```console
//! $ cargo run -p examples-channels --bin never_closes
//! broken: 3 reports, then waited 300ms in vain      # 300 ms
//! fixed: 3 reports, then the channel was closed     # 300 ms
//! ```
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,sync,time`.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

const STATIONS: [&str; 3] = ["coast", "valley", "summit"];
const PATIENCE: Duration = Duration::from_millis(300);

#[tokio::main]
async fn main() {
    println!("broken: {}", broken().await);
    println!("fixed: {}", fixed().await);
}

async fn broken() -> String {
    let (sender, receiver) = mpsc::channel(8);
    let mut tasks = JoinSet::new();
    for station in STATIONS {
        tasks.spawn(report(station, sender.clone()));
    }
    // `sender` lives until the end of this function, which waits here for it.
    count(receiver).await
}

async fn fixed() -> String {
    let (sender, receiver) = mpsc::channel(8);
    let mut tasks = JoinSet::new();
    for station in STATIONS {
        tasks.spawn(report(station, sender.clone()));
    }
    drop(sender);
    count(receiver).await
}

async fn report(station: &'static str, sender: mpsc::Sender<&'static str>) {
    if sender.send(station).await.is_err() {
        eprintln!("{station}: nobody wants the report");
    }
}

async fn count(mut reports: mpsc::Receiver<&'static str>) -> String {
    let mut received = 0;
    let all = async {
        while reports.recv().await.is_some() {
            received += 1;
        }
    };
    match timeout(PATIENCE, all).await {
        Ok(()) => format!("{received} reports, then the channel was closed"),
        Err(_) => {
            format!("{received} reports, then waited {PATIENCE:?} in vain")
        }
    }
}
