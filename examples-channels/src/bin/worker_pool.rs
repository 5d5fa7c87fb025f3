//! Share jobs out among n workers that take from one bounded `mpsc` queue.
//!
//! A receiver has one owner, so it goes round under a `Mutex`: one free worker
//! waits for a job, the others for the lock. With two jobs waiting, `submit`
//! waits too. A job that panics ends no other, and its caller gets an error.
//! `stop` refuses new jobs and ends when the accepted ones are done. Not for
//! workers that hold nothing, neither connection nor device: a `JoinSet` and a
//! `Semaphore` are less. Nor for computing, which holds up all other tasks.
//!
//! ```console
//! $ cargo run -p examples-channels --bin worker_pool
//! 3 cooks, room for 2 more dishes
//! ready: salad                # 100 ms
//! ready: bread                # 200 ms
//! all 7 are accepted
//! ...                         # 300 ms
//! the steak burns
//! ...
//! ready: tea                  # 400 ms
//! ready: soup                 # 500 ms
//! ready: pasta                # 600 ms
//! ready: cake                 # 700 ms
//! ice comes too late
//! served: soup, salad, no steak, bread, pasta, tea, cake
//! tasks alive: 0
//! ```
//!
//! Copy it with `cargo add tokio -F macros,rt,sync,time` and
//! `cargo add anyhow`.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime;
use tokio::sync::mpsc::{self, Receiver, Sender, WeakSender};
use tokio::sync::{Mutex, oneshot};
use tokio::task::{JoinError, JoinSet};
use tokio::time::sleep;

const COOKS: usize = 3;
const WAITING: usize = 2;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    println!("{COOKS} cooks, room for {WAITING} more dishes");
    let kitchen = Pool::start(COOKS, WAITING, cook);
    let waiter = kitchen.handle();
    let mut meals = Vec::new();
    for (dish, time) in [
        ("soup", 500),
        ("salad", 100),
        ("steak", 300),
        ("bread", 100),
        ("pasta", 400),
        ("tea", 100),
        ("cake", 300),
    ] {
        match waiter.submit((dish, time)).await {
            Ok(meal) => meals.push((dish, meal)),
            Err(_) => println!("{dish} comes too late"),
        }
    }
    println!("all {} are accepted", meals.len());

    kitchen.stop().await?;
    if let Err((dish, _)) = waiter.submit(("ice", 100)).await {
        println!("{dish} comes too late");
    }
    let mut served = Vec::new();
    for (dish, meal) in meals {
        served.push(meal.await.unwrap_or(format!("no {dish}")));
    }
    println!("served: {}", served.join(", "));
    let alive = runtime::Handle::current().metrics().num_alive_tasks();
    println!("tasks alive: {alive}");
    Ok(())
}

async fn cook((dish, time): (&str, u64)) -> String {
    sleep(Duration::from_millis(time)).await;
    assert!(dish != "steak", "the steak burns");
    println!("ready: {dish}");
    dish.into()
}

/// What is to be done, and where the result goes.
type Job<I, O> = (I, oneshot::Sender<O>);

pub(crate) struct Pool<I, O> {
    queue: Sender<Job<I, O>>,
    workers: JoinSet<()>,
}

impl<I: Send + 'static, O: Send + 'static> Pool<I, O> {
    pub(crate) fn start<W, F>(workers: usize, waiting: usize, work: W) -> Self
    where
        W: Fn(I) -> F + Clone + Send + 'static,
        F: Future<Output = O> + Send + 'static,
    {
        let (queue, jobs) = mpsc::channel(waiting);
        let jobs = Arc::new(Mutex::new(jobs));
        let worker = |_| run_jobs(Arc::clone(&jobs), work.clone());
        Self {
            queue,
            workers: (0..workers).map(worker).collect(),
        }
    }

    pub(crate) fn handle(&self) -> Handle<I, O> {
        Handle(self.queue.downgrade())
    }

    /// Ends when the accepted jobs are done. To cancel it, or to drop the pool,
    /// aborts them.
    pub(crate) async fn stop(mut self) -> Result<(), JoinError> {
        drop(self.queue);
        while let Some(ended) = self.workers.join_next().await {
            ended?;
        }
        Ok(())
    }
}

/// It is weak, so that a forgotten one does not keep the pool from stopping.
pub(crate) struct Handle<I, O>(WeakSender<Job<I, O>>);

impl<I, O> Handle<I, O> {
    /// Waits for room in the queue; a pool that has stopped gives the job back.
    ///
    /// What is returned ends in an error if the job panics.
    pub(crate) async fn submit(&self, job: I) -> Result<oneshot::Receiver<O>, I> {
        let Some(queue) = self.0.upgrade() else {
            return Err(job);
        };
        let (reply, result) = oneshot::channel();
        match queue.send((job, reply)).await {
            Ok(()) => Ok(result),
            Err(refused) => Err(refused.0.0),
        }
    }
}

async fn run_jobs<I, O, W, F>(jobs: Arc<Mutex<Receiver<Job<I, O>>>>, work: W)
where
    I: Send + 'static,
    O: Send + 'static,
    W: Fn(I) -> F + Clone + Send + 'static,
    F: Future<Output = O> + Send + 'static,
{
    loop {
        // In the head of a `while let` the lock would be held until the job is
        // done: no two jobs at a time.
        let next = jobs.lock().await.recv().await;
        let Some((job, reply)) = next else { return };

        // In a task of its own a job can panic; when this worker is aborted, so
        // is the job.
        let mut running = JoinSet::new();
        let work = work.clone();
        running.spawn(async move { work(job).await });
        if let Some(Ok(result)) = running.join_next().await {
            // An error says that the caller does not wait any more.
            let _ = reply.send(result);
        }
    }
}
