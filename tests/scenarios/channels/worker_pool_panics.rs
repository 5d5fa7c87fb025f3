//! What of `worker_pool_panics` is there to be pasted, pasted here and run in many ways.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::task::{JoinSet, yield_now};
use tokio::time::timeout;

use crate::scenarios::support::runner::{Scenario, scenario};
use crate::scenarios::support::seeds::{Dice, no_task_is_left, on_threads, paused};
use example::{Pool, Worker};

#[path = "../../../examples-channels/src/bin/worker_pool_panics.rs"]
#[expect(dead_code, reason = "its scene is not part of the scenario")]
mod example;

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("stops", || on_threads(stop_pool)).slow(),
        scenario("is_dropped", || on_threads(drop_pool)),
        scenario("is_bounded", || paused(fill_pool)),
    ]
}

/// A pool that is stopped while jobs are submitted, some of which panic and some
/// of whose callers have left: it does every job that it has accepted, once, no
/// other, and no more at a time than it has workers. It makes a worker for each of
/// them and for each panic, and no other.
async fn stop_pool(mut dice: Dice) -> Result<()> {
    const JOBS: usize = 60;
    let workers = dice.up_to(4);
    let runs: Arc<Vec<AtomicUsize>> = Arc::new((0..JOBS).map(|_| AtomicUsize::new(0)).collect());
    let busy = Arc::new(AtomicUsize::new(0));
    let run = Run {
        runs: Arc::clone(&runs),
        busy: Arc::clone(&busy),
    };
    let made = Arc::new(AtomicUsize::new(0));
    let makes = Arc::clone(&made);
    let pool = Pool::start(workers, dice.up_to(4), move || {
        makes.fetch_add(1, SeqCst);
        run.clone()
    });
    let mut callers = JoinSet::new();
    for caller in 0..4 {
        let handle = pool.handle();
        let mut dice = dice.fork();
        callers.spawn(async move {
            let mut submitted = Vec::new();
            for number in (caller..JOBS).step_by(4) {
                dice.pause().await;
                let result = handle.submit((number, dice.fork())).await.ok();
                let left = result.is_some() && dice.up_to(5) == 1;
                let result = if left { None } else { result };
                submitted.push((number, result, left));
            }
            submitted
        });
    }
    for _ in 0..dice.up_to(30) {
        yield_now().await;
    }
    pool.stop().await;

    let mut makes = workers;
    while let Some(submitted) = callers.join_next().await {
        for (number, result, left) in submitted? {
            let accepted = left || result.is_some();
            let runs = runs[number].load(SeqCst);
            ensure!(
                runs == usize::from(accepted),
                "job {number}, accepted: {accepted}, has run {runs} times"
            );
            makes += usize::from(accepted && panics(number));
            let Some(result) = result else { continue };
            match result.await {
                Ok(busy) => ensure!(
                    busy <= workers,
                    "{workers} workers run {busy} jobs at a time"
                ),
                Err(_) => ensure!(panics(number), "job {number} has no result"),
            }
        }
    }
    let made = made.load(SeqCst);
    ensure!(
        made == makes,
        "{makes} workers are expected with those after a panic, and {made} were made"
    );
    no_task_is_left().await
}

/// Counts the runs of each job, and how many run at the same time.
#[derive(Clone)]
struct Run {
    runs: Arc<Vec<AtomicUsize>>,
    busy: Arc<AtomicUsize>,
}

impl Worker for Run {
    type Job = (usize, Dice);
    type Output = usize;

    async fn run(&mut self, (number, mut dice): Self::Job) -> usize {
        self.runs[number].fetch_add(1, SeqCst);
        let now = self.busy.fetch_add(1, SeqCst) + 1;
        dice.pause().await;
        self.busy.fetch_sub(1, SeqCst);
        if panics(number) {
            // A panic that prints nothing.
            resume_unwind(Box::new("a panic"));
        }
        now
    }
}

/// Never finishes a job.
struct Stuck;

impl Worker for Stuck {
    type Job = ();
    type Output = ();

    async fn run(&mut self, (): ()) {
        std::future::pending::<()>().await;
    }
}

/// A pool of busy workers accepts as many jobs as its queue holds, and no more.
async fn fill_pool(mut dice: Dice) -> Result<()> {
    let (workers, capacity) = (dice.up_to(4), dice.up_to(4));
    let pool = Pool::start(workers, capacity, || Stuck);
    let handle = pool.handle();
    let room = workers + capacity;
    for job in 0..=room {
        let accepted = timeout(Duration::from_secs(1), handle.submit(())).await;
        ensure!(
            accepted.is_ok() == (job < room),
            "{workers} workers and {capacity} places: {job} jobs are accepted, \
             and then one more: {}",
            accepted.is_ok()
        );
    }
    drop(pool);
    no_task_is_left().await
}

fn panics(number: usize) -> bool {
    number % 7 == 3
}

/// A pool that is dropped midway leaves no worker and no job behind.
async fn drop_pool(mut dice: Dice) -> Result<()> {
    let pool = Pool::start(3, 3, || Stuck);
    let handle = pool.handle();
    for _ in 0..dice.up_to(6) {
        let submitted = handle.submit(()).await;
        ensure!(submitted.is_ok(), "a pool with room refuses a job");
    }
    drop(pool);
    no_task_is_left()
        .await
        .context("a pool is dropped that is busy")?;
    let late = handle.submit(()).await;
    ensure!(late.is_err(), "a pool that is gone accepts a job");
    Ok(())
}
