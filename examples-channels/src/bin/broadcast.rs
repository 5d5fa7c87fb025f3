//! Send every value to every subscriber with a `broadcast` channel.
//!
//! The sender never waits. It keeps the newest values, 4 here (3 rounded up to
//! a power of two), and who is slower loses the oldest: the next `recv` says
//! how many, `Lagged(6)`, and then goes on with what is left. That error must
//! not end the loop; only `Closed` does. Who subscribes late gets what comes
//! after. Not where none may be missed (an `mpsc` for each), nor to share work
//! out. The clock is tokio's paused one.
//!
//! ```console
//! $ cargo run -p examples-channels --bin broadcast
//! on time: missed 0, heard [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
//! asleep: missed 6, heard [6, 7, 8, 9]
//! late: missed 0, heard [9]
//! ```
//!
//! Copy it with `cargo add tokio -F macros,test-util`.

use std::time::Duration;

use tokio::sync::broadcast::{self, error::RecvError};
use tokio::time::sleep;

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let (announcements, on_time) = broadcast::channel(3);
    let asleep = announcements.subscribe();

    let announce = async move {
        for number in 0..9 {
            say(&announcements, number).await;
        }
        let late = announcements.subscribe();
        say(&announcements, 9).await;
        late
    };
    let wake_up = async {
        sleep(Duration::from_secs(2)).await;
        listen(asleep).await
    };

    let (late, on_time, asleep) = tokio::join!(announce, listen(on_time), wake_up);
    println!("on time: {on_time}");
    println!("asleep: {asleep}");
    println!("late: {}", listen(late).await);
}

async fn say(announcements: &broadcast::Sender<u32>, number: u32) {
    sleep(Duration::from_millis(100)).await;
    // Not a failure: somebody may subscribe later.
    if announcements.send(number).is_err() {
        println!("{number}: nobody listens");
    }
}

async fn listen(mut announcements: broadcast::Receiver<u32>) -> String {
    let (mut missed, mut heard) = (0, Vec::new());
    loop {
        match announcements.recv().await {
            Ok(number) => heard.push(number),
            Err(RecvError::Lagged(count)) => missed += count,
            Err(RecvError::Closed) => break,
        }
    }
    format!("missed {missed}, heard {heard:?}")
}
