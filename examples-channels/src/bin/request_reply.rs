//! Send commands to a task through `mpsc`, and get replies through `oneshot`.
//!
//! A box office sells two seats, and takes 200 ms for each command. Any number
//! of callers send commands into its `mpsc` channel. Each command carries the
//! sender of a `oneshot` channel, through which the office sends its reply. Ben
//! leaves before his reply comes. So the office cannot send it, and sells his
//! seat again. After `Close`, callers get an error.
//!
//! ```console
//! $ cargo run -p examples-channels --bin request_reply
//! Ada: seat 1                    # 200 ms
//! Ben leaves after 100 ms        # 300 ms
//! seat 2 is free again           # 400 ms
//! Cleo: seat 2                   # 600 ms
//! Dan: sold out                  # 800 ms
//! Eve: the office is closed      # 800 ms
//! ```
//!
//! A caller may also leave just after the reply is sent. Then `send` returns
//! `Ok`, but nobody reads the reply, and the seat stays sold. If that matters,
//! reply with a type whose `Drop` gives the seat back. For the same pattern
//! with a handle type, see `actor`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add anyhow
//! cargo add tokio -F macros,rt,sync,time
//! ```

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Context;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};

// One thread keeps the order of the lines.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let (tx, rx) = mpsc::channel(16);
    let office = tokio::spawn(office(rx));

    println!("Ada: {}", reserve(&tx).await?);
    let ben = timeout(Duration::from_millis(100), reserve(&tx)).await;
    if ben.is_err() {
        println!("Ben leaves after 100 ms");
    }
    println!("Cleo: {}", reserve(&tx).await?);
    println!("Dan: {}", reserve(&tx).await?);

    tx.send(Command::Close).await?;
    office.await?;
    match reserve(&tx).await {
        Ok(seat) => println!("Eve: {seat}"),
        Err(error) => println!("Eve: {error}"),
    }
    Ok(())
}

enum Command {
    /// Replies with a seat, or with `None` if all are sold.
    Reserve {
        resp: Responder<Option<u32>>,
    },
    Close,
}

type Responder<T> = oneshot::Sender<T>;

async fn reserve(tx: &mpsc::Sender<Command>) -> anyhow::Result<String> {
    let (resp, reply) = oneshot::channel();
    tx.send(Command::Reserve { resp })
        .await
        .context("the office is closed")?;
    // The office may also close while the command is in the queue.
    match reply.await.context("the office is closed")? {
        Some(seat) => Ok(format!("seat {seat}")),
        None => Ok("sold out".to_string()),
    }
}

async fn office(mut rx: mpsc::Receiver<Command>) {
    let mut free = BTreeSet::from([1, 2]);
    while let Some(command) = rx.recv().await {
        match command {
            Command::Reserve { resp } => {
                sleep(Duration::from_millis(200)).await;
                // If the caller has left, `send` gives the seat back.
                if let Err(Some(seat)) = resp.send(free.pop_first()) {
                    println!("seat {seat} is free again");
                    free.insert(seat);
                }
            }
            Command::Close => break,
        }
    }
}
