//! Avoid a deadlock between two actors: answer through a `oneshot`.
//!
//! In a restaurant, the waiter sends orders to the kitchen, and the kitchen
//! sends back dishes. Each is an actor: a task with an inbox, an `mpsc`
//! channel. In `broken` a busy evening fills both inboxes. Each actor
//! waits for room in the other's inbox, neither reads its own, and both wait
//! forever. A larger inbox only postpones it. In `fixed` each order carries a
//! `oneshot` for its dish. Sending into it never waits, so the kitchen always
//! continues.
//!
//! ```console
//! $ cargo run -p examples-channels --bin actor_cycle
//! broken: 0 of 10 dishes served, stuck after 1000 ms
//! fixed: 10 of 10 dishes served in 100 ms
//! ```
//!
//! Time is paused, so the times are exact. Copy it with
//! `cargo add tokio -F macros,rt,sync,test-util`.

use std::cell::Cell;
use std::time::Duration;

use tokio::sync::mpsc::{self, Sender};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let start = Instant::now();
    let served = Cell::new(0); // The timeout drops `broken`, but not this.
    let stuck = timeout(Duration::from_secs(1), broken(&served)).await;
    if stuck.is_err() {
        let (served, time) = (served.get(), start.elapsed().as_millis());
        println!("broken: {served} of 10 dishes served, stuck after {time} ms");
    }

    let start = Instant::now();
    let (served, time) = (fixed().await, start.elapsed().as_millis());
    println!("fixed: {served} of 10 dishes served in {time} ms");
}

enum Event {
    Guest,
    Dish,
}

async fn broken(served: &Cell<u32>) {
    let (to_waiter, mut events) = mpsc::channel(2);
    let (to_kitchen, mut orders) = mpsc::channel(2);
    let guests = arrive(to_waiter.clone(), || Event::Guest);
    let waiter = async {
        while let Some(event) = events.recv().await {
            if let Event::Dish = event {
                served.update(|served| served + 1);
            } else if to_kitchen.send("soup").await.is_err() {
                break;
            }
        }
    };
    let kitchen = async {
        while let Some(dish) = orders.recv().await {
            cook(dish).await;
            if to_waiter.send(Event::Dish).await.is_err() {
                break;
            }
        }
    };
    tokio::join!(guests, waiter, kitchen);
}

struct Order {
    dish: &'static str,
    ready: oneshot::Sender<()>,
}

async fn fixed() -> u32 {
    let (to_waiter, mut guests) = mpsc::channel(2);
    let (to_kitchen, mut orders) = mpsc::channel(2);
    let waiter = async move {
        let mut served = 0;
        let mut dishes = JoinSet::new();
        loop {
            tokio::select! {
                Some(()) = guests.recv() => {
                    let (ready, dish) = oneshot::channel();
                    // The receiver is a future: the set waits for the dish.
                    dishes.spawn(dish);
                    let order = Order { dish: "soup", ready };
                    if to_kitchen.send(order).await.is_err() {
                        break;
                    }
                }
                Some(_dish) = dishes.join_next() => served += 1,
                else => break,
            }
        }
        served
    };
    let kitchen = async {
        while let Some(order) = orders.recv().await {
            cook(order.dish).await;
            // This never waits. An error means that the guest has left.
            let _ = order.ready.send(());
        }
    };
    tokio::join!(arrive(to_waiter, || ()), waiter, kitchen).1
}

async fn arrive<T>(to_waiter: Sender<T>, guest: impl Fn() -> T) {
    for _ in 0..10 {
        if to_waiter.send(guest()).await.is_err() {
            break;
        }
    }
}

async fn cook(_dish: &str) {
    sleep(Duration::from_millis(10)).await;
}
