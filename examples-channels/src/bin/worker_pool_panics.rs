//! Replace a worker that panics, and stop a worker pool cleanly.
//!
//! `worker_pool` is a simpler pool. This one adds:
//!
//! - if a job panics, its caller gets an error, and a new worker takes over;
//! - a worker may own something, such as a connection;
//! - many tasks can submit jobs, each through a handle;
//! - `stop` refuses new jobs and waits for the accepted ones.
//!
//! A cook makes soup and panics at the steak (`...` is the message). A new cook
//! makes the bread. The number in `Ok` is how many dishes that cook has made.
//!
//! ```console
//! $ cargo run -p examples-channels --bin worker_pool_panics
//! ...                        # 200 ms
//! soup: Ok(1)                # 300 ms
//! steak: Err(RecvError(()))
//! bread: Ok(1)
//! ```
//!
//! The part to reuse starts at `Pool`.
//! Copy it with `cargo add tokio -F macros,rt,sync,time`.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::sleep;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let kitchen = Pool::start(1, 4, || Cook(0));
    let waiter = kitchen.handle();
    let mut meals = Vec::new();
    for dish in ["soup", "steak", "bread"] {
        if let Ok(meal) = waiter.submit(dish).await {
            meals.push((dish, meal));
        }
    }
    kitchen.stop().await;
    for (dish, meal) in meals {
        println!("{dish}: {:?}", meal.await);
    }
}

struct Cook(u32); // How many dishes this cook has made.

impl Worker for Cook {
    type Job = &'static str;
    type Output = u32;

    async fn run(&mut self, dish: &'static str) -> u32 {
        sleep(Duration::from_millis(100)).await;
        assert!(dish != "steak", "the steak burns");
        self.0 += 1;
        self.0
    }
}

pub struct Pool<W: Worker> {
    queue: mpsc::Sender<Request<W>>,
    workers: JoinSet<()>,
}

/// A worker, with all that it owns.
pub trait Worker: Send + 'static {
    type Job: Send + 'static;
    type Output: Send + 'static;

    fn run(&mut self, job: Self::Job) -> impl Future<Output = Self::Output> + Send;
}

/// A job, and the sender for its result.
type Request<W> = (<W as Worker>::Job, oneshot::Sender<<W as Worker>::Output>);
type Requests<W> = Arc<Mutex<mpsc::Receiver<Request<W>>>>;

impl<W: Worker> Pool<W> {
    /// Calls `make` for each worker, and again after a panic.
    pub fn start<M>(size: usize, capacity: usize, make: M) -> Self
    where
        M: Fn() -> W + Clone + Send + 'static,
    {
        let (queue, requests) = mpsc::channel(capacity);
        let requests = Arc::new(Mutex::new(requests));
        let mut workers = JoinSet::new();
        for _ in 0..size {
            workers.spawn(keep_working(Arc::clone(&requests), make.clone()));
        }
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

/// Its sender is weak: it does not keep the queue open after `stop`.
pub struct Handle<W: Worker>(mpsc::WeakSender<Request<W>>);

impl<W: Worker> Handle<W> {
    /// Waits for room in the queue. The receiver fails if the job panics.
    pub async fn submit(&self, job: W::Job) -> Result<oneshot::Receiver<W::Output>, Stopped> {
        let queue = self.0.upgrade().ok_or(Stopped)?;
        let (reply, result) = oneshot::channel();
        queue.send((job, reply)).await.map_err(|_| Stopped)?;
        Ok(result)
    }
}

/// The pool has stopped, so it refuses the job.
#[derive(Debug)]
pub struct Stopped;

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
        // An error means that the caller has left.
        let _ = reply.send(worker.run(job).await);
    }
}
