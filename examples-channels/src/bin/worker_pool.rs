//! Share jobs among workers that take from one bounded `mpsc` queue.
//!
//! Three cooks make six dishes. Each dish is made once, by the first cook who
//! is free. Only one task can own the receiver of a channel, so the cooks
//! share it in a `Mutex`. One free cook waits for a job, and the other free
//! cooks wait for the lock. The queue has room for two dishes; while it is
//! full, `send` waits. Each job carries a `oneshot` channel for its result, so
//! the dishes are served in the order in which they were ordered.
//!
//! ```console
//! $ cargo run -p examples-channels --bin worker_pool
//! cook 2: salad                                # 100 ms
//! all 6 dishes are ordered
//! cook 3: steak                                # 200 ms
//! cook 2: bread                                # 250 ms
//! cook 3: tea                                  # 300 ms
//! cook 2: cake                                 # 350 ms
//! cook 1: soup                                 # 500 ms
//! served: soup, salad, steak, bread, tea, cake
//! ```
//!
//! If a worker keeps nothing from job to job, such as a connection, a `JoinSet`
//! with a semaphore is simpler: see `semaphore`. To survive a job that panics,
//! see `worker_pool_panics`. For jobs that compute, see `blocking_the_runtime`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,rt,sync,time
//! cargo add anyhow
//! ```

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{self, Receiver};
use tokio::sync::{Mutex, oneshot};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// How long each dish takes, in ms.
const DISHES: [(&str, u64); 6] = [
    ("soup", 500),
    ("salad", 100),
    ("steak", 200),
    ("bread", 150),
    ("tea", 100),
    ("cake", 100),
];

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let (queue, jobs) = mpsc::channel(2);
    let jobs = Arc::new(Mutex::new(jobs));
    let mut cooks = JoinSet::new();
    for cook in 1..=3 {
        cooks.spawn(work(cook, Arc::clone(&jobs)));
    }

    let mut meals = Vec::new();
    for (dish, time) in DISHES {
        let (result, meal) = oneshot::channel();
        let time = Duration::from_millis(time);
        queue.send(Job { dish, time, result }).await?;
        meals.push(meal);
    }
    println!("all {} dishes are ordered", meals.len());

    let mut served = Vec::new();
    for meal in meals {
        served.push(meal.await?);
    }
    println!("served: {}", served.join(", "));

    // The cooks stop when the queue is closed and empty.
    drop(queue);
    cooks.join_all().await;
    Ok(())
}

struct Job {
    dish: &'static str,
    time: Duration,
    result: oneshot::Sender<&'static str>,
}

async fn work(cook: u32, jobs: Arc<Mutex<Receiver<Job>>>) {
    loop {
        // The lock is released at the semicolon. In a `while let`, it would be
        // held until the dish is ready, and only one cook would work at a time.
        let next = jobs.lock().await.recv().await;
        let Some(job) = next else { return };

        sleep(job.time).await;
        println!("cook {cook}: {}", job.dish);
        // An error means that nobody waits for the dish anymore.
        let _ = job.result.send(job.dish);
    }
}
