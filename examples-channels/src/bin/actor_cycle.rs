//! Keep two actors from waiting for each other: answer through a `oneshot`.
//!
//! The floor sends orders to the kitchen, the kitchen dishes to the floor. On a
//! busy evening both inboxes are full: each waits for room in the other's and
//! neither looks into its own. Larger ones wait for a busier evening. Ask one
//! way only; a `oneshot` that comes with the order has room for the dish. Not
//! needed where one side never waits. The clock is tokio's paused one.
//!
//! ```console
//! $ cargo run -p examples-channels --bin actor_cycle
//! broken: 0 of 10 dishes served, then stuck for 1s
//! fixed: 10 of 10 dishes served, in 100ms
//! ```
//!
//! Copy it with `cargo add tokio -F macros,test-util`.

use std::cell::Cell;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout};

const PATIENCE: Duration = Duration::from_secs(1);

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let served = Cell::new(0);
    let ended = timeout(PATIENCE, broken(&served)).await;
    let then = if ended.is_ok() {
        "closed"
    } else {
        "stuck for 1s"
    };
    println!("broken: {} of 10 dishes served, then {then}", served.get());

    let start = Instant::now();
    let served = fixed().await;
    println!(
        "fixed: {served} of 10 dishes served, in {:?}",
        start.elapsed()
    );
}

enum Event {
    Guest,
    Dish,
}

struct Order;

async fn broken(served: &Cell<u32>) {
    let (to_floor, mut events) = mpsc::channel(2);
    let (to_kitchen, mut orders) = mpsc::channel(2);
    let guests = arrive(to_floor.clone(), || Event::Guest);
    let floor = async {
        while let Some(event) = events.recv().await {
            match event {
                Event::Dish => served.update(|served| served + 1),
                Event::Guest => {
                    if to_kitchen.send(Order).await.is_err() {
                        break;
                    }
                }
            }
        }
    };
    let kitchen = async {
        while let Some(Order) = orders.recv().await {
            cook().await;
            if to_floor.send(Event::Dish).await.is_err() {
                break;
            }
        }
    };
    tokio::join!(guests, floor, kitchen);
}

struct OrderWithReply(oneshot::Sender<()>);

async fn fixed() -> u32 {
    let (to_floor, mut guests_in) = mpsc::channel(2);
    let (to_kitchen, mut orders) = mpsc::channel(2);
    let guests = arrive(to_floor, || ());
    let floor = async move {
        let mut served = 0;
        while let Some(()) = guests_in.recv().await {
            let (reply, dish) = oneshot::channel();
            if to_kitchen.send(OrderWithReply(reply)).await.is_err() {
                break;
            }
            if dish.await.is_ok() {
                served += 1;
            }
        }
        served
    };
    let kitchen = async {
        while let Some(OrderWithReply(reply)) = orders.recv().await {
            cook().await;
            // Never waits; an error says that the guest has left.
            let _ = reply.send(());
        }
    };
    tokio::join!(guests, floor, kitchen).1
}

async fn arrive<T>(floor: mpsc::Sender<T>, guest: impl Fn() -> T) {
    for _ in 0..10 {
        if floor.send(guest()).await.is_err() {
            break;
        }
    }
}

async fn cook() {
    sleep(Duration::from_millis(10)).await;
}
