//! Ask a task and get its answer: an `mpsc` of requests that carry a `oneshot`.
//!
//! The queue takes requests from many askers; the `oneshot` in each finds the
//! way back. If the asker has left, `send` gives the answer back, and what it
//! stood for is undone, here a seat. (What is sent just as it leaves is dropped
//! with the receiver: where that matters, undo it in the answer's own `Drop`.)
//! An office that has closed is an error of either channel. Not where nobody
//! needs the answer: a bare message spares the wait.
//!
//! ```console
//! $ cargo run -p examples-channels --bin request_reply
//! Ada: seat 1                     # 200 ms
//! Ben: leaves after 100 ms        # 300 ms
//! Cleo: seat 2                    # 600 ms
//! Dan: sold out                   # 800 ms
//! Eve: the office has closed      # 800 ms
//! ```
//!
//! Copy it with `cargo add tokio -F macros,rt,sync,time`.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinError;
use tokio::time::{sleep, timeout};

struct Request {
    reply: oneshot::Sender<Option<u32>>,
}

type Answer = Result<Option<u32>, Closed>;

#[derive(Clone, Copy)]
struct Closed;

// On one thread Ben leaves before the office answers, even if both are due
// by the time that a busy machine comes to them.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), JoinError> {
    let (requests, queue) = mpsc::channel(16);
    let office = tokio::spawn(office(queue, vec![2, 1]));

    println!("Ada: {}", describe(ask(&requests).await));
    if timeout(Duration::from_millis(100), ask(&requests))
        .await
        .is_err()
    {
        println!("Ben: leaves after 100 ms");
    }
    println!("Cleo: {}", describe(ask(&requests).await));
    println!("Dan: {}", describe(ask(&requests).await));
    println!("Eve: {}", describe(ask(&requests).await));
    office.await
}

async fn ask(requests: &mpsc::Sender<Request>) -> Answer {
    let (reply, answer) = oneshot::channel();
    requests.send(Request { reply }).await.map_err(|_| Closed)?;
    answer.await.map_err(|_| Closed)
}

fn describe(answer: Answer) -> String {
    match answer {
        Ok(Some(seat)) => format!("seat {seat}"),
        Ok(None) => "sold out".into(),
        Err(Closed) => "the office has closed".into(),
    }
}

async fn office(mut queue: mpsc::Receiver<Request>, mut free: Vec<u32>) {
    while let Some(Request { reply }) = queue.recv().await {
        sleep(Duration::from_millis(200)).await;
        let sold_out = free.is_empty();
        if let Err(Some(seat)) = reply.send(free.pop()) {
            // The asker has left: the seat is free again.
            free.push(seat);
        }
        if sold_out {
            return;
        }
    }
}
