//! Choose between `std::sync::Mutex`, tokio's `Mutex`, and a task as owner.
//!
//! 100 sales, each counted and confirmed over the network in 10 ms. A std lock
//! in a block is right where no `.await` stands inside. Tokio's may be held
//! over one, but then all wait in line: 1000 ms. To let go halfway loses 99 of
//! them. Where a change takes several steps that wait, give the state to a
//! task. `RwLock` pays for long reads only, and a waiting writer holds up the
//! readers behind it. None of these for a lone number: that is for an atomic.
//!
//! In a spawned task a std guard over an `.await` is refused, even if dropped:
//!
//! ```compile_fail
//! tokio::spawn(async move {
//!     let mut total = total.lock().unwrap();
//!     *total += 1;
//!     drop(total); // Put a block around these three lines instead.
//!     confirm().await; // error: future cannot be sent between threads safely
//! });
//! ```
//!
//! The clock is tokio's paused one, so that the times are exact.
//!
//! ```console
//! $ cargo run -p examples-channels --bin which_mutex
//! broken, let go over the await: 1 sale after 10 ms
//! std Mutex in a block: 100 sales after 10 ms
//! tokio Mutex over the await: 100 sales after 1000 ms
//! a task that owns the total: 100 sales after 10 ms
//! RwLock: a reader behind a waiting writer gets in after 200 ms
//! ```
//!
//! Copy it with `cargo add tokio -F macros,test-util`.

use std::sync::{self, Arc, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex, RwLock, mpsc};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let total = Arc::new(sync::Mutex::new(0));
    let time = hundred(|| broken(total.clone())).await;
    println!(
        "broken, let go over the await: {} sale {time}",
        lock(&total)
    );

    let total = Arc::new(sync::Mutex::new(0));
    let time = hundred(|| in_a_block(total.clone())).await;
    println!("std Mutex in a block: {} sales {time}", lock(&total));

    let total = Arc::new(Mutex::new(0));
    let time = hundred(|| over_the_await(total.clone())).await;
    let total = total.lock().await;
    println!("tokio Mutex over the await: {total} sales {time}");

    let (sales, inbox) = mpsc::channel(16);
    let sell = async move { hundred(|| report(sales.clone())).await };
    let (time, total) = tokio::join!(sell, owner(inbox));
    println!("a task that owns the total: {total} sales {time}");

    let time = late_reader().await;
    println!("RwLock: a reader behind a waiting writer gets in {time}");
}

async fn broken(total: Arc<sync::Mutex<u32>>) {
    let before = *lock(&total);
    confirm().await;
    *lock(&total) = before + 1;
}

async fn in_a_block(total: Arc<sync::Mutex<u32>>) {
    {
        let mut total = lock(&total);
        *total += 1;
    }
    confirm().await;
}

async fn over_the_await(total: Arc<Mutex<u32>>) {
    let mut total = total.lock().await;
    confirm().await;
    *total += 1;
}

async fn report(sales: mpsc::Sender<u32>) {
    confirm().await;
    if sales.send(1).await.is_err() {
        eprintln!("a sale that nobody counts");
    }
}

async fn owner(mut sales: mpsc::Receiver<u32>) -> u32 {
    let mut total = 0;
    while let Some(sale) = sales.recv().await {
        total += sale;
    }
    total
}

async fn late_reader() -> String {
    let price = RwLock::new(9);
    let start = Instant::now();
    let reader = async {
        let _price = price.read().await;
        sleep(Duration::from_millis(100)).await;
    };
    let writer = async {
        let mut price = price.write().await;
        sleep(Duration::from_millis(100)).await;
        *price = 10;
    };
    // It could share the lock with the first reader; but then a stream of
    // readers would keep every writer out.
    let late_reader = async {
        let _price = price.read().await;
        after(start)
    };
    tokio::join!(reader, writer, late_reader).2
}

async fn confirm() {
    sleep(Duration::from_millis(10)).await;
}

async fn hundred<F>(sale: impl Fn() -> F) -> String
where
    F: Future<Output = ()> + Send + 'static,
{
    let start = Instant::now();
    let sales: JoinSet<()> = (0..100).map(|_| sale()).collect();
    sales.join_all().await;
    after(start)
}

fn after(start: Instant) -> String {
    format!("after {} ms", start.elapsed().as_millis())
}

/// A panic under the lock would have left the number as right as before.
fn lock(total: &sync::Mutex<u32>) -> sync::MutexGuard<'_, u32> {
    total.lock().unwrap_or_else(PoisonError::into_inner)
}
