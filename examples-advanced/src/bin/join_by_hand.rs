//! Join many futures by hand, and poll only those that were woken.
//!
//! 100 orders are packed, one every 10 ms. A task has one waker. If all orders
//! share it, a wake-up does not say which order can continue. So every open
//! order is polled: 5150 polls. If each order has its own waker, it notes its
//! number and wakes the task: 200 polls, two for each order. `join!` shares the
//! waker of its task. `FuturesUnordered`, `buffer_unordered` and a `join_all`
//! of more than 30 futures give each future its own.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin join_by_hand
//! join_sharing: 100 orders packed after 1s, 5150 polls
//! join: 100 orders packed after 1s, 200 polls
//! ```
//!
//! Time is paused, so the times are exact.
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
use tokio::time::{Instant, sleep};

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let start = Instant::now();
    let polls = join_sharing(orders()).await;
    let took = start.elapsed();
    println!("join_sharing: 100 orders packed after {took:?}, {polls} polls");

    let start = Instant::now();
    let polls = join(orders()).await;
    let took = start.elapsed();
    println!("join: 100 orders packed after {took:?}, {polls} polls");
}

type Packing = Pin<Box<dyn Future<Output = ()>>>;

/// An order, or `None` when it is packed.
type Order = Option<Packing>;

fn orders() -> Vec<Order> {
    (1..=100).map(|number| Some(pack(10 * number))).collect()
}

fn pack(milliseconds: u64) -> Packing {
    Box::pin(sleep(Duration::from_millis(milliseconds)))
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
async fn join(mut orders: Vec<Order>) -> usize {
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
        // Register first: a number that is noted later wakes the task.
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

/// The numbers of the orders to poll next, and the task that polls them.
#[derive(Default)]
struct Woken {
    numbers: Mutex<Vec<usize>>,
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
