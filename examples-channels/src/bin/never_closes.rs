//! Drop the last sender, or a `recv` loop never stops.
//!
//! Three weather stations each send a report through a clone of one sender.
//! `recv` returns `None` only when every sender is dropped, and the original
//! counts too. `broken` keeps the original until it returns, but it returns
//! only after the loop. So the loop waits forever, without an error; here a
//! timeout of 300 ms stops it. `fixed` drops the original before the loop.
//!
//! ```console
//! $ cargo run -p examples-channels --bin never_closes
//! broken: 3 reports, then timed out     # 300 ms
//! fixed: 3 reports, then closed         # 300 ms
//! ```
//!
//! The sender that keeps a channel open may also be in a struct or a closure.
//! If senders live as long as the program, the loop calls `Receiver::close`
//! when it is to stop: `recv` then returns what is left, and after that
//! `None`. If the receiving task itself needs a sender, give it a
//! `WeakSender`, which does not keep the channel open.
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,sync,time`.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;

const STATIONS: [&str; 3] = ["coast", "valley", "summit"];
const RECEIVE_TIMEOUT: Duration = Duration::from_millis(300);

#[tokio::main]
async fn main() {
    println!("broken: {}", broken().await);
    println!("fixed: {}", fixed().await);
}

async fn broken() -> String {
    let (tx, rx) = mpsc::channel(8);
    for station in STATIONS {
        tokio::spawn(send_report(station, tx.clone()));
    }
    // `tx` lives until this function returns, so `recv` never returns `None`.
    count(rx).await
}

async fn fixed() -> String {
    let (tx, rx) = mpsc::channel(8);
    for station in STATIONS {
        tokio::spawn(send_report(station, tx.clone()));
    }
    drop(tx);
    count(rx).await
}

async fn send_report(station: &'static str, tx: mpsc::Sender<&'static str>) {
    // An error means that nobody wants the report anymore.
    let _ = tx.send(station).await;
}

async fn count(mut rx: mpsc::Receiver<&'static str>) -> String {
    let mut reports = 0;
    loop {
        match timeout(RECEIVE_TIMEOUT, rx.recv()).await {
            Ok(Some(_)) => reports += 1,
            Ok(None) => return format!("{reports} reports, then closed"),
            Err(_) => return format!("{reports} reports, then timed out"),
        }
    }
}
