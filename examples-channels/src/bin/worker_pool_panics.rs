//! Replace a worker that panics, and stop a worker pool cleanly.
//!
//! `worker_pool` is the same in its simplest form. This one adds:
//!
//! - if a job panics, its caller gets an error, and a new worker takes over;
//! - any type of worker, with a state of its own, such as a connection;
//! - handles to submit jobs from many tasks;
//! - `stop`, which refuses new jobs and waits for the accepted ones.
//!
//! Two cooks make soup, steak and bread. The steak burns: `...` is the panic's
//! message. A new cook makes the bread, its dish number 1.
//!
//! ```console
//! $ cargo run -p examples-channels --bin worker_pool_panics
//! ...                    # 100 ms
//! Ok(1)                  # 300 ms
//! Err(RecvError(()))     # 300 ms
//! Ok(1)                  # 300 ms
//! ```
//!
//! Take `Pool`. Copy it with `cargo add tokio -F macros,rt,sync,time`.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{self, Receiver, Sender, WeakSender};
use tokio::sync::{Mutex, oneshot};
use tokio::task::JoinSet;
use tokio::time::sleep;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let kitchen = Pool::start(2, 4, || Cook { dishes: 0 });
    let waiter = kitchen.handle();
    let mut meals = Vec::new();
    for dish in ["soup", "steak", "bread"] {
        meals.extend(waiter.submit(dish).await); // An `Err` adds nothing.
    }
    kitchen.stop().await;
    for meal in meals {
        println!("{:?}", meal.await);
    }
}

struct Cook {
    dishes: u32,
}

impl Worker for Cook {
    type Job = &'static str;
    type Output = u32;

    /// Returns how many dishes this cook has made.
    async fn run(&mut self, dish: &'static str) -> u32 {
        let time = if dish == "soup" { 300 } else { 100 };
        sleep(Duration::from_millis(time)).await;
        assert!(dish != "steak", "the steak burns");
        self.dishes += 1;
        self.dishes
    }
}

pub struct Pool<W: Worker> {
    queue: Sender<Request<W>>,
    workers: JoinSet<()>,
}

/// What one worker owns, and what it does with a job.
pub trait Worker: Send + 'static {
    type Job: Send + 'static;
    type Output: Send + 'static;

    fn run(&mut self, job: Self::Job) -> impl Future<Output = Self::Output> + Send;
}

/// A job, and where its result goes.
type Request<W> = (<W as Worker>::Job, oneshot::Sender<<W as Worker>::Output>);
type Requests<W> = Arc<Mutex<Receiver<Request<W>>>>;

impl<W: Worker> Pool<W> {
    /// `make` is called for each worker, and again after a panic.
    pub fn start<M>(workers: usize, capacity: usize, make: M) -> Self
    where
        M: Fn() -> W + Clone + Send + 'static,
    {
        let (queue, requests) = mpsc::channel(capacity);
        let requests = Arc::new(Mutex::new(requests));
        let worker = |_| keep_working(Arc::clone(&requests), make.clone());
        let workers = (0..workers).map(worker).collect(); // Spawns them.
        Self { queue, workers }
    }

    pub fn handle(&self) -> Handle<W> {
        Handle(self.queue.downgrade())
    }

    /// Returns when the accepted jobs are done. Dropping the pool aborts them.
    pub async fn stop(self) {
        drop(self.queue);
        self.workers.join_all().await;
    }
}

/// It is weak: a forgotten handle does not keep the pool from stopping.
pub struct Handle<W: Worker>(WeakSender<Request<W>>);

impl<W: Worker> Handle<W> {
    /// Waits for room in the queue. A pool that has stopped returns the job.
    /// The receiver gets an error if the job panics.
    pub async fn submit(&self, job: W::Job) -> Result<oneshot::Receiver<W::Output>, W::Job> {
        let Some(queue) = self.0.upgrade() else {
            return Err(job);
        };
        let (reply, result) = oneshot::channel();
        let sent = queue.send((job, reply)).await;
        sent.map_err(|refused| refused.0.0)?; // `.0.0` is the job.
        Ok(result)
    }
}

/// Replaces a worker that panics, until the queue is closed and empty.
async fn keep_working<W: Worker>(requests: Requests<W>, make: impl Fn() -> W) {
    loop {
        let mut worker = JoinSet::new();
        worker.spawn(work(Arc::clone(&requests), make()));
        let Some(Err(_panic)) = worker.join_next().await else {
            return;
        };
    }
}

async fn work<W: Worker>(requests: Requests<W>, mut worker: W) {
    loop {
        // In a `while let`, the lock would be held while the job runs.
        let next = requests.lock().await.recv().await;
        let Some((job, reply)) = next else { return };
        // An error means that the caller has stopped waiting.
        let _ = reply.send(worker.run(job).await);
    }
}
