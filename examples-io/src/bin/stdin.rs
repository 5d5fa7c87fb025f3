//! Read what a person types on a thread of its own, so exit does not hang.
//!
//! The program asks which tea you want, and gives up after 2 s. In the shell,
//! `sleep 3` stands for a person who types nothing. With `broken`, the program
//! exits only after 3 s. `tokio::io::stdin` reads on a thread of the runtime.
//! Nothing can interrupt this read. At the end of `main`, the runtime waits for
//! it. With `fixed`, a thread outside the runtime reads the lines and sends
//! them through a channel. That thread stops with the process.
//!
//! ```console
//! $ echo mint | cargo run -p examples-io --bin stdin
//! Which tea?
//! Here is your mint tea.
//! $ sleep 3 | (cargo run -q -p examples-io --bin stdin broken; echo back)
//! Which tea?
//! No answer, no tea.     # 2 s
//! back                   # 3 s
//! $ sleep 3 | (cargo run -q -p examples-io --bin stdin fixed; echo back)
//! Which tea?
//! No answer, no tea.     # 2 s
//! back                   # 2 s
//! ```
//!
//! The part to reuse starts at `typed_lines`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F io-std,io-util,macros,rt-multi-thread,sync,time
//! ```

use std::time::Duration;
use std::{env, io, thread};

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::sync::mpsc;
use tokio::time::timeout;

const LIMIT: Duration = Duration::from_secs(2);

#[tokio::main]
async fn main() -> io::Result<()> {
    println!("Which tea?");
    let answer = if env::args().nth(1).as_deref() == Some("broken") {
        timeout(LIMIT, broken()).await
    } else {
        timeout(LIMIT, fixed()).await
    };

    let Ok(answer) = answer else {
        println!("No answer, no tea.");
        return Ok(());
    };
    match answer? {
        Some(tea) => println!("Here is your {tea} tea."),
        None => println!("Nobody is there, no tea."),
    }
    Ok(())
}

async fn broken() -> io::Result<Option<String>> {
    BufReader::new(tokio::io::stdin()).lines().next_line().await
}

async fn fixed() -> io::Result<Option<String>> {
    typed_lines().recv().await.transpose()
}

/// Returns the lines of standard input as they are typed. Call it once, and
/// keep the receiver. A `recv` that is canceled loses no line.
fn typed_lines() -> mpsc::Receiver<io::Result<String>> {
    let (sender, receiver) = mpsc::channel(1);
    // Do not join this thread: it may wait for a line that never comes.
    thread::spawn(move || {
        for line in io::stdin().lines() {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    receiver
}
