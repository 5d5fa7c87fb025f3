//! Join many futures and poll only those that were woken, each by a `Waker`.
//!
//! A task has one waker. If all of its futures share it, a wake-up does not say
//! which of them can go on, and all that are left are polled: 5150 polls for
//! 100 timers. With a waker of its own each future notes its number and then
//! wakes the task: 200 polls, two for each. `FuturesUnordered` does the same,
//! and so do `buffer_unordered` and a `join_all` of more than 30; `join!`
//! shares the waker of its task.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin join_by_hand
//! one waker for all: 100 orders packed after 1s, 5150 polls
//! a waker for each: 100 orders packed after 1s, 200 polls
//! ```
//!
//! The clock is paused: the timers are 10 ms apart, and nobody waits for them.
//!
//! Copy it with `cargo add futures --no-default-features` and
//! `cargo add tokio -F macros,test-util`.

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
    println!("one waker for all: 100 orders packed after {took:?}, {polls} polls");

    let start = Instant::now();
    let polls = join(orders()).await;
    let took = start.elapsed();
    println!("a waker for each: 100 orders packed after {took:?}, {polls} polls");
}

type Order = Pin<Box<dyn Future<Output = ()>>>;

/// A hundred orders; one is packed every 10 ms.
fn orders() -> Vec<Option<Order>> {
    (1..=100).map(|it| Some(pack(10 * it))).collect()
}

fn pack(milliseconds: u64) -> Order {
    Box::pin(sleep(Duration::from_millis(milliseconds)))
}

/// Gives the number of polls that it took.
async fn join_sharing(mut orders: Vec<Option<Order>>) -> usize {
    let mut polls = 0;
    poll_fn(|context| {
        for slot in &mut orders {
            let Some(order) = slot else { continue };
            polls += 1;
            if order.as_mut().poll(context).is_ready() {
                *slot = None;
            }
        }
        if orders.iter().all(Option::is_none) {
            Poll::Ready(polls)
        } else {
            Poll::Pending
        }
    })
    .await
}

async fn join(mut orders: Vec<Option<Order>>) -> usize {
    let mut polls = 0;
    let mut left = orders.len();
    let woken = Arc::new(Woken::default());
    // The first time, all have to be polled.
    *woken.numbers.lock().unwrap() = (0..left).collect();
    let wakers: Vec<Waker> = (0..left)
        .map(|number| {
            Arc::new(OrderWaker {
                number,
                woken: Arc::clone(&woken),
            })
        })
        .map(Waker::from)
        .collect();

    poll_fn(|context| {
        // Before the look at the numbers: one that comes later wakes the task.
        woken.task.register(context.waker());
        let numbers = mem::take(&mut *woken.numbers.lock().unwrap());
        for number in numbers {
            let Some(order) = &mut orders[number] else {
                continue;
            };
            polls += 1;
            let mut context = Context::from_waker(&wakers[number]);
            if order.as_mut().poll(&mut context).is_ready() {
                orders[number] = None;
                left -= 1;
            }
        }
        if left == 0 {
            Poll::Ready(polls)
        } else {
            Poll::Pending
        }
    })
    .await
}

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
