//! Read what a person types on a thread of its own, so that exit never hangs.
//!
//! `tokio::io::stdin` reads on a thread of the runtime, where nothing can stop
//! it. A timeout only gives up waiting; when `main` has returned, the runtime
//! waits for that thread, until somebody presses Enter. A thread that is not
//! the runtime's ends with the process. Its lines come through a channel, whose
//! `recv` can be dropped at any moment and loses nothing.
//!
//! ```console
//! $ cargo run -p examples-io --bin stdin
//! broken: which tea?
//! broken: no answer, no tea       # 200 ms
//! broken: has not ended           # 1 s
//! fixed: which tea?               # 1 s
//! fixed: no answer, no tea        # 1200 ms
//! fixed: has ended, exit [..]: 0  # 1200 ms
//! $ echo mint | cargo run -q -p examples-io --bin stdin fixed
//! fixed: which tea?
//! fixed: mint it is
//! ```
//!
//! Without an argument it starts itself twice, with an input that stays open
//! and says nothing.
//!
//! Copy it with `cargo add tokio -F
//! io-std,io-util,macros,process,rt-multi-thread,sync,time`.

use std::process::Stdio;
use std::time::Duration;
use std::{env, io, thread};

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use tokio::sync::mpsc;
use tokio::time::timeout;

#[tokio::main]
async fn main() -> io::Result<()> {
    match env::args().nth(1).as_deref() {
        Some("broken") => offer_tea("broken", broken_answer()).await,
        Some("fixed") => offer_tea("fixed", fixed_answer()).await,
        _ => {
            run("broken", Duration::from_secs(1)).await?;
            run("fixed", Duration::from_secs(5)).await
        }
    }
}

async fn offer_tea(
    name: &str,
    answer: impl Future<Output = io::Result<Option<String>>>,
) -> io::Result<()> {
    println!("{name}: which tea?");
    match timeout(Duration::from_millis(200), answer).await {
        Ok(answer) => match answer? {
            Some(tea) => println!("{name}: {tea} it is"),
            None => println!("{name}: nobody there, no tea"),
        },
        Err(_) => println!("{name}: no answer, no tea"),
    }
    Ok(())
}

async fn broken_answer() -> io::Result<Option<String>> {
    BufReader::new(tokio::io::stdin()).lines().next_line().await
}

async fn fixed_answer() -> io::Result<Option<String>> {
    typed_lines().recv().await.transpose()
}

fn typed_lines() -> mpsc::Receiver<io::Result<String>> {
    let (sender, receiver) = mpsc::channel(1);
    // Nobody joins the thread: it may wait for a line that never comes.
    thread::spawn(move || {
        for line in io::stdin().lines() {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

async fn run(name: &str, patience: Duration) -> io::Result<()> {
    let mut command = Command::new(env::current_exe()?);
    command.arg(name).stdin(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn()?;
    // Taken out, since `wait` would close it.
    let open_input = child.stdin.take();

    match timeout(patience, child.wait()).await {
        Ok(status) => println!("{name}: has ended, {}", status?),
        Err(_) => println!("{name}: has not ended"),
    }
    drop(open_input);
    child.wait().await?;
    Ok(())
}
