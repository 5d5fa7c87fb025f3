//! Join many futures by hand, and poll only those that were woken.
//!
//! 100 orders are packed in one task, and one is done every 10 ms. A task has
//! one waker. In `join_sharing` all orders share it, so a wake-up does not say
//! which order can continue. At each wake-up, all open orders are polled. That
//! is 100 polls at the start, then 100 + 99 + … + 1: 5150 in all. `join!` works
//! like this. In `join_own_wakers` each order has a waker of its own, which
//! records the number of the order and then wakes the task. Each order is
//! polled twice: at the start, and when it is done.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin join_by_hand
//! join_sharing: 100 orders packed after 1s, 5150 polls
//! join_own_wakers: 100 orders packed after 1s, 200 polls
//! ```
//!
//! For many futures, use the `futures` crate: `FuturesUnordered`,
//! `buffer_unordered` and a `join_all` of more than 30 futures give each future
//! a waker of its own.
//!
//! Tokio's clock is paused: it jumps to the next timer instead of waiting, so
//! the times are exact.
//!
//! Copy it with
//!
//! ```sh
//! cargo add futures --no-default-features
//! cargo add tokio -F macros,test-util
//! ```

use std::future::poll_fn;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use futures::task::AtomicWaker;
use tokio::time::{Instant, Sleep, sleep};

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let start = Instant::now();
    let polls = join_sharing(orders()).await;
    let took = start.elapsed();
    println!("join_sharing: 100 orders packed after {took:?}, {polls} polls");

    let start = Instant::now();
    let polls = join_own_wakers(orders()).await;
    let took = start.elapsed();
    println!("join_own_wakers: 100 orders packed after {took:?}, {polls} polls");
}

/// A timer that stands for the packing, or `None` when the order is packed.
type Order = Option<Pin<Box<Sleep>>>;

fn orders() -> Vec<Order> {
    (1..=100)
        .map(|number| Some(Box::pin(sleep(number * Duration::from_millis(10)))))
        .collect()
}

/// Polls one order if it is open; returns how many polls that was.
fn poll(order: &mut Order, context: &mut Context<'_>) -> usize {
    let Some(future) = order else { return 0 };
    if future.as_mut().poll(context).is_ready() {
        *order = None;
    }
    1
}

/// Returns the number of polls.
async fn join_sharing(mut orders: Vec<Order>) -> usize {
    let mut polls = 0;
    // `poll_fn` makes a future from a closure: the closure is its `poll`.
    poll_fn(|context| {
        for order in &mut orders {
            polls += poll(order, context);
        }
        if orders.iter().all(Option::is_none) {
            Poll::Ready(polls)
        } else {
            Poll::Pending
        }
    })
    .await
}

/// Returns the number of polls.
async fn join_own_wakers(mut orders: Vec<Order>) -> usize {
    let woken = Arc::new(Woken::default());
    let mut wakers = Vec::new();
    for number in 0..orders.len() {
        // The first time, every order has to be polled.
        woken.numbers.lock().unwrap().push(number);
        let woken = Arc::clone(&woken);
        wakers.push(Waker::from(Arc::new(OrderWaker { number, woken })));
    }

    let mut polls = 0;
    poll_fn(|context| {
        // Register the task before taking the numbers. An order that is woken
        // after this line wakes the task again, so no number is missed.
        woken.task.register(context.waker());
        let numbers = mem::take(&mut *woken.numbers.lock().unwrap());
        for number in numbers {
            let mut context = Context::from_waker(&wakers[number]);
            polls += poll(&mut orders[number], &mut context);
        }
        if orders.iter().all(Option::is_none) {
            Poll::Ready(polls)
        } else {
            Poll::Pending
        }
    })
    .await
}

#[derive(Default)]
struct Woken {
    /// The orders to poll next.
    numbers: Mutex<Vec<usize>>,
    /// The newest waker of the task. `register` replaces it, and any thread may
    /// call `wake`, even at the same moment.
    task: AtomicWaker,
}

struct OrderWaker {
    number: usize,
    woken: Arc<Woken>,
}

impl Wake for OrderWaker {
    fn wake(self: Arc<Self>) {
        self.woken.numbers.lock().unwrap().push(self.number);
        self.woken.task.wake();
    }
}
