//! Avoid a deadlock between two actors: answer through a `oneshot`.
//!
//! A waiter sends orders to a kitchen, and the kitchen sends back dishes. Each
//! of them is an actor: a loop with an inbox, here an `mpsc` channel with room
//! for two. In `broken` ten guests come, and both inboxes fill up. The waiter
//! waits for room in the kitchen's inbox, the kitchen waits for room in the
//! waiter's inbox, and neither empties its own. A larger inbox only makes this
//! rarer. In `fixed` each order carries a `oneshot` channel for its dish.
//! Sending into it never waits, so the kitchen never waits for the waiter.
//!
//! ```console
//! $ cargo run -p examples-channels --bin actor_cycle
//! broken: 0 of 10 dishes served, stuck after 1000 ms
//! fixed: 10 of 10 dishes served in 100 ms
//! ```
//!
//! Tokio's clock is paused: it jumps to the next timer instead of waiting, so
//! the times are exact.
//!
//! Copy it with `cargo add tokio -F macros,rt,sync,test-util`.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let start = Instant::now();
    let mut served = 0;
    let limit = Duration::from_secs(1);
    if timeout(limit, broken(&mut served)).await.is_err() {
        let time = start.elapsed().as_millis();
        println!("broken: {served} of 10 dishes served, stuck after {time} ms");
    }

    let start = Instant::now();
    let served = fixed().await;
    let time = start.elapsed().as_millis();
    println!("fixed: {served} of 10 dishes served in {time} ms");
}

enum Event {
    Guest,
    Dish,
}

async fn broken(served: &mut u32) {
    let (to_waiter, mut inbox) = mpsc::channel(2);
    let (to_kitchen, mut orders) = mpsc::channel(2);
    let guests = come(to_waiter.clone(), || Event::Guest);
    let waiter = async {
        while let Some(event) = inbox.recv().await {
            match event {
                Event::Dish => *served += 1,
                Event::Guest => {
                    // While this waits, nothing empties the waiter's inbox.
                    if to_kitchen.send("soup").await.is_err() {
                        break;
                    }
                }
            }
        }
    };
    let kitchen = async {
        while let Some(dish) = orders.recv().await {
            cook(dish).await;
            // While this waits, nothing empties the kitchen's inbox.
            if to_waiter.send(Event::Dish).await.is_err() {
                break;
            }
        }
    };
    tokio::join!(guests, waiter, kitchen); // Neither inbox ever closes.
}

async fn fixed() -> usize {
    let (to_waiter, mut inbox) = mpsc::channel(2);
    let (to_kitchen, mut orders) = mpsc::channel(2);
    let waiter = async move {
        let (mut dishes, mut served) = (JoinSet::new(), 0);
        loop {
            tokio::select! {
                Some(()) = inbox.recv() => {
                    let (ready, dish) = oneshot::channel();
                    if to_kitchen.send(("soup", ready)).await.is_err() {
                        break served;
                    }
                    // The receiver is a future, so a task can wait for it.
                    dishes.spawn(dish);
                }
                Some(Ok(dish)) = dishes.join_next() => served += usize::from(dish.is_ok()),
                else => break served,
            }
        }
    };
    let kitchen = async {
        while let Some((dish, ready)) = orders.recv().await {
            cook(dish).await;
            // This never waits. An error means that nobody waits for the dish.
            let _ = ready.send(());
        }
    };
    tokio::join!(come(to_waiter, || ()), waiter, kitchen).1
}

/// Ten guests come to the waiter.
async fn come<T>(to_waiter: mpsc::Sender<T>, guest: impl Fn() -> T) {
    for _ in 0..10 {
        if to_waiter.send(guest()).await.is_err() {
            break;
        }
    }
}

/// Stands for the cooking.
async fn cook(_dish: &str) {
    sleep(Duration::from_millis(10)).await;
}
