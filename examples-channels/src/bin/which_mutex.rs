//! Choose between `std::sync::Mutex` and tokio's `Mutex`.
//!
//! A till (a cash register) counts a hundred sales and their revenue. Each sale
//! is confirmed over the network in 10 ms. Time is paused, so the times are
//! exact.
//!
//! - `std::sync::Mutex` is the default. `Till` locks it in sync methods only,
//!   so no guard can live across an `.await`.
//! - tokio's `Mutex` may stay locked across an `.await`, but then the sales
//!   wait in line, here for 1000 ms.
//! - `broken` unlocks between its read and its write. Then no kind of lock
//!   helps: 99 sales are lost.
//!
//! ```console
//! $ cargo run -p examples-channels --bin which_mutex
//! broken: 1 sale for 9 after 10 ms
//! fixed: 100 sales for 900 after 10 ms
//! tokio_mutex: 100 sales for 900 after 1000 ms
//! ```
//!
//! In a spawned task, a std guard must not be in the same block as a later
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
//!
//! Take `Till`. Copy it with `cargo add tokio -F macros,test-util`.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

// Paused time: while all tasks wait, the clock jumps to the next timer.
#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let till = Arc::new(Till::default());
    let time = sell_100(|| broken(till.clone())).await;
    let Totals { sales, revenue } = till.totals();
    println!("broken: {sales} sale for {revenue} after {time} ms");

    let till = Arc::new(Till::default());
    let time = sell_100(|| fixed(till.clone())).await;
    let Totals { sales, revenue } = till.totals();
    println!("fixed: {sales} sales for {revenue} after {time} ms");

    let totals = Arc::new(sync::Mutex::new(Totals::default()));
    let time = sell_100(|| tokio_mutex(totals.clone())).await;
    let Totals { sales, revenue } = *totals.lock().await;
    println!("tokio_mutex: {sales} sales for {revenue} after {time} ms");
}

async fn broken(till: Arc<Till>) {
    let mut totals = till.totals();
    confirm().await;
    totals.add(9);
    till.set(totals);
}

async fn fixed(till: Arc<Till>) {
    till.add(9);
    confirm().await;
}

async fn tokio_mutex(totals: Arc<sync::Mutex<Totals>>) {
    let mut totals = totals.lock().await;
    confirm().await;
    totals.add(9);
}

async fn confirm() {
    sleep(Duration::from_millis(10)).await;
}

/// Makes 100 sales at the same time; returns how long they take, in ms.
async fn sell_100<F>(sale: impl Fn() -> F) -> u128
where
    F: Future<Output = ()> + Send + 'static,
{
    let start = Instant::now();
    // To collect futures into a `JoinSet` spawns them.
    let tasks: JoinSet<()> = (0..100).map(|_| sale()).collect();
    tasks.join_all().await;
    start.elapsed().as_millis()
}

#[derive(Default)]
struct Till {
    totals: Mutex<Totals>,
}

impl Till {
    fn add(&self, price: u32) {
        self.totals.lock().unwrap().add(price);
    }

    fn totals(&self) -> Totals {
        *self.totals.lock().unwrap()
    }

    fn set(&self, totals: Totals) {
        *self.totals.lock().unwrap() = totals;
    }
}

#[derive(Clone, Copy, Default)]
struct Totals {
    sales: u32,
    revenue: u32,
}

impl Totals {
    fn add(&mut self, price: u32) {
        self.sales += 1;
        self.revenue += price;
    }
}
