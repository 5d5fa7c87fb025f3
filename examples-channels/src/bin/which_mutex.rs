//! Choose between `std::sync::Mutex` and tokio's `Mutex`.
//!
//! A till (a cash register) keeps a list of sales. 100 sales are made at the
//! same time, and each is confirmed over the network in 10 ms.
//!
//! - `std::sync::Mutex` is the default. Only sync methods of `Till` lock it,
//!   so no lock is ever held across an `.await`.
//! - tokio's `Mutex` may be held across an `.await`, but then the sales wait
//!   for each other: here 1000 ms.
//! - `broken` copies the list, waits and writes it back. Between the two locks,
//!   other sales do the same, and all but one are lost, with either mutex.
//!
//! ```console
//! $ cargo run -p examples-channels --bin which_mutex
//! broken: 1 of 100 sales after 10 ms
//! fixed: 100 of 100 sales after 10 ms
//! tokio_mutex: 100 of 100 sales after 1000 ms
//! ```
//!
//! `lock` returns a guard, which holds the lock until it is dropped. In a
//! spawned task, a guard of std must not be in the same block as a later
//! `.await`. The compiler rejects it even if `drop` comes before the `.await`:
//!
//! ```compile_fail
//! tokio::spawn(async move {
//!     let mut sales = sales.lock().unwrap();
//!     *sales += 1;
//!     drop(sales); // Put a block around these three lines instead.
//!     confirm().await; // error: future cannot be sent between threads safely
//! });
//! ```
//!
//! For a single number, use an atomic. For many readers, see `rwlock`. If a
//! change takes several steps that wait, let a task own the data: see `actor`.
//! Tokio's clock is paused: it jumps to the next timer instead of waiting.
//!
//! The part to reuse starts at `Till`.
//!
//! Copy it with `cargo add tokio -F macros,test-util`.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let till = Arc::new(Till::default());
    let time = sell_100(|| broken(till.clone())).await;
    println!(
        "broken: {} of 100 sales after {time} ms",
        till.sales().len()
    );

    let till = Arc::new(Till::default());
    let time = sell_100(|| fixed(till.clone())).await;
    println!("fixed: {} of 100 sales after {time} ms", till.sales().len());

    let sales = Arc::new(sync::Mutex::new(Vec::new()));
    let time = sell_100(|| tokio_mutex(sales.clone())).await;
    let count = sales.lock().await.len();
    println!("tokio_mutex: {count} of 100 sales after {time} ms");
}

async fn broken(till: Arc<Till>) {
    let mut sales = till.sales();
    confirm().await;
    sales.push("soup");
    *till.sales.lock().unwrap() = sales;
}

async fn fixed(till: Arc<Till>) {
    till.add("soup");
    confirm().await;
}

async fn tokio_mutex(sales: Arc<sync::Mutex<Vec<&'static str>>>) {
    let mut sales = sales.lock().await;
    confirm().await;
    sales.push("soup");
}

async fn confirm() {
    sleep(Duration::from_millis(10)).await;
}

/// Makes 100 sales at the same time; returns how long they take, in ms.
async fn sell_100<F>(sell: impl Fn() -> F) -> u128
where
    F: Future<Output = ()> + Send + 'static,
{
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..100 {
        tasks.spawn(sell());
    }
    tasks.join_all().await;
    start.elapsed().as_millis()
}

#[derive(Default)]
struct Till {
    sales: Mutex<Vec<&'static str>>,
}

impl Till {
    fn add(&self, sale: &'static str) {
        self.sales.lock().unwrap().push(sale);
    }

    fn sales(&self) -> Vec<&'static str> {
        self.sales.lock().unwrap().clone()
    }
}
