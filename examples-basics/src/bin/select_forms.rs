//! Build an event loop with `select!`: patterns, `if`, `else` and `biased`.
//!
//! A kitchen with two stoves gets an order every 100 ms and closes at 600 ms.
//! An event loop waits for the next event, handles it and waits again. Each
//! event is a branch of `select!`: a pattern, a future and perhaps an `if`. A
//! branch is off for one round if its `if` is false: order 3 waits for a free
//! stove, and order 5 never gets one. It is also off if its pattern does not
//! match. When no branch is left, `else` runs. The loop awaits
//! `&mut closing_time`, so the same timer continues in the next round.
//!
//! ```console
//! $ cargo run -p examples-basics --bin select_forms
//! 100 ms: order 1 taken
//! 200 ms: order 2 taken
//! 350 ms: order 1 served
//! 350 ms: order 3 taken
//! 450 ms: order 2 served
//! 450 ms: order 4 taken
//! 600 ms: the kitchen closes
//! 600 ms: order 3 served
//! 700 ms: order 4 served
//! ```
//!
//! Tokio's clock is paused: it jumps to the next timer instead of waiting, so
//! the times are exact. For two futures and no loop, see `select`.
//!
//! Copy it with `cargo add tokio -F macros,test-util`.

use std::pin::pin;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

const STOVES: usize = 2;

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let start = Instant::now();
    let (sender, mut orders) = mpsc::channel(10);
    tokio::spawn(send_orders(sender));
    let mut cooking = JoinSet::new();
    let mut open = true;
    // A `sleep` inside the loop would start again in each round. To be awaited
    // by `&mut`, it must be pinned, that is, fixed at its place in memory.
    let mut closing_time = pin!(sleep(Duration::from_millis(600)));

    loop {
        let event = tokio::select! {
            // Try the branches in this order: at 600 ms, close first.
            biased;
            // `select!` polls (runs) its futures. A completed one must not be
            // polled again, hence the `if`.
            () = &mut closing_time, if open => {
                open = false;
                "the kitchen closes".into()
            }
            // `recv` returns `None` when the channel is closed.
            Some(order) = orders.recv(), if open && cooking.len() < STOVES => {
                cooking.spawn(cook(order));
                format!("order {order} taken")
            }
            // `join_next` returns `None` while nothing is cooking.
            Some(ended) = cooking.join_next() => match ended {
                Ok(order) => format!("order {order} served"),
                Err(error) => format!("an order is lost: {error}"),
            },
            else => break,
        };
        println!("{} ms: {event}", start.elapsed().as_millis());
    }
}

async fn send_orders(orders: mpsc::Sender<u32>) {
    for order in 1..=5 {
        sleep(Duration::from_millis(100)).await;
        // An error means that the kitchen has dropped its receiver.
        if orders.send(order).await.is_err() {
            break;
        }
    }
}

async fn cook(order: u32) -> u32 {
    sleep(Duration::from_millis(250)).await;
    order
}
