//! Build an event loop from the parts of `select!`.
//!
//! A branch whose `if` is false is not polled in that round, so its future
//! stands still: with both stoves in use at 400 ms, the wait for order 3 begins
//! only at 500 ms. One whose result does not match its pattern is out for the
//! round, and when all are out, `else` runs. A future given as `&mut` goes on
//! where it was; a `sleep(…)` in its place would begin anew after every event,
//! and the kitchen would stay open. The clock is tokio's paused one, so that
//! the times are exact.
//!
//! ```console
//! $ cargo run -p examples-basics --bin select_forms
//! 200 ms: order 1 taken
//! 400 ms: order 2 taken
//! 500 ms: order 1 served
//! 700 ms: order 3 taken
//! 900 ms: the kitchen closes
//! 1000 ms: order 3 served
//! 1200 ms: order 2 served
//! ```
//!
//! Copy it with `cargo add tokio -F macros,test-util`.

use std::pin::pin;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

const STOVES: usize = 2;

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let start = Instant::now();
    let say = |what: String| {
        println!("{} ms: {what}", start.elapsed().as_millis());
    };
    let mut open = true;
    let mut closing_time = pin!(sleep(Duration::from_millis(900)));
    let mut next_order = pin!(order(1));
    let mut cooking = JoinSet::new();

    loop {
        tokio::select! {
            // In the order written: closing time goes before an order.
            biased;
            // Without the `if`, it would be ready again in every round.
            () = &mut closing_time, if open => {
                say("the kitchen closes".into());
                open = false;
            }
            number = &mut next_order, if open && cooking.len() < STOVES => {
                say(format!("order {number} taken"));
                cooking.spawn(cook(number));
                next_order.set(order(number + 1));
            }
            // An empty set gives `None`, which does not match.
            Some(ended) = cooking.join_next() => match ended {
                Ok(number) => say(format!("order {number} served")),
                Err(panic) => say(format!("an order is lost: {panic}")),
            },
            else => break,
        }
    }
}

async fn order(number: u32) -> u32 {
    sleep(Duration::from_millis(200)).await;
    number
}

async fn cook(number: u32) -> u32 {
    let millis = if number == 2 { 800 } else { 300 };
    sleep(Duration::from_millis(millis)).await;
    number
}
