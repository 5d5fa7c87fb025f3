//! A worker: it claims jobs, runs them concurrently, and writes their results.

use std::io::{self, Write as _};
use std::slice;
use std::time::Duration;

use tokio::task::{JoinError, JoinSet, yield_now};
use tokio::time::{sleep, timeout};

use crate::queue::{Finished, Job, MAX_ATTEMPTS, Outcome, Queue, limited};
use crate::say;

/// How many jobs run at the same time; also the largest batch.
const MAX_JOBS: usize = 100;
/// Half of a lease: the other half is left for writing the result.
const JOB_TIMEOUT: Duration = Duration::from_secs(1);
/// How often to look for jobs without a notification: one may get lost.
const POLL: Duration = Duration::from_secs(5);
/// How long to wait at least: the jobs that are due may be locked by somebody.
const MIN_IDLE: Duration = Duration::from_millis(100);
/// How long to wait before a database that failed is asked again.
const PAUSE: Duration = Duration::from_millis(500);

pub struct Worker<Q> {
    queue: Q,
    /// Whether the connection has to be replaced first.
    disconnected: bool,
    job_time: Duration,
    running: JoinSet<Finished>,
    /// Results that are not written yet.
    finished: Vec<Finished>,
    count: usize,
}

impl<Q: Queue> Worker<Q> {
    pub fn new(queue: Q, job_time: Duration) -> Self {
        Self {
            queue,
            disconnected: false,
            job_time,
            running: JoinSet::new(),
            finished: Vec::new(),
            count: 0,
        }
    }

    /// Works until it is canceled, which may happen at any `.await`.
    pub async fn run(&mut self) {
        loop {
            if let Err(error) = self.turn().await {
                log(&format!("worker: {error}; connecting again"));
                self.disconnected = true;
                sleep(PAUSE).await;
            }
        }
    }

    /// Finishes what is claimed, and claims no more.
    pub async fn stop(&mut self) {
        while let Some(done) = self.running.join_next().await {
            self.keep(done);
        }
        if let Err(error) = self.write_results().await {
            log(&format!("worker: {error}"));
        }
    }

    /// Another worker claims the rest when the lease is over.
    pub fn report(&self) {
        let left = self.running.len() + self.finished.len();
        let count = self.count;
        say(&format!("worker: stopped, {count} jobs done, {left} left"));
    }

    async fn turn(&mut self) -> sqlx::Result<()> {
        self.write_results().await?;
        let idle = self.claim().await?;
        tokio::select! {
            Some(done) = self.running.join_next() => self.keep(done),
            news = self.queue.wait(idle), if self.running.len() < MAX_JOBS => news?,
        }
        while let Some(done) = self.running.try_join_next() {
            self.keep(done);
            // Jobs that end together are written together.
            yield_now().await;
        }
        Ok(())
    }

    /// If the answer gets lost, this is repeated, and changes nothing.
    async fn write_results(&mut self) -> sqlx::Result<()> {
        if self.disconnected {
            limited(self.queue.reconnect()).await?;
            self.disconnected = false;
        }
        if self.finished.is_empty() {
            return Ok(());
        }
        match limited(self.queue.finish(&self.finished)).await {
            Err(error) if self.queue.refuses(&error) => self.write_one_by_one().await?,
            done => done?,
        }
        self.count += self.finished.len();
        self.finished.clear();
        Ok(())
    }

    /// One result that the database refuses must not hold up the others.
    async fn write_one_by_one(&mut self) -> sqlx::Result<()> {
        for finished in &mut self.finished {
            match limited(self.queue.finish(slice::from_ref(finished))).await {
                Err(error) if self.queue.refuses(&error) => {
                    finished.outcome = Outcome::GiveUp(format!("cannot write it: {error}"));
                    limited(self.queue.finish(slice::from_ref(finished))).await?;
                }
                done => done?,
            }
        }
        Ok(())
    }

    /// Claims jobs for the free places. Returns how long there is nothing more
    /// to claim.
    async fn claim(&mut self) -> sqlx::Result<Duration> {
        let free = MAX_JOBS - self.running.len();
        if free > 0 {
            for job in limited(self.queue.claim(free)).await? {
                self.running.spawn(perform(job, self.job_time));
            }
        }
        if !self.running.is_empty() {
            return Ok(POLL);
        }
        let due = limited(self.queue.next_due()).await?;
        Ok(due.unwrap_or(POLL).clamp(MIN_IDLE, POLL))
    }

    fn keep(&mut self, done: Result<Finished, JoinError>) {
        match done {
            Ok(finished) => self.finished.push(finished),
            // Its lease expires, as if the worker had died.
            Err(error) => log(&format!("worker: a job panicked: {error}")),
        }
    }
}

async fn perform(job: Job, job_time: Duration) -> Finished {
    let outcome = if job.attempt > MAX_ATTEMPTS {
        Outcome::GiveUp("no worker has survived it".into())
    } else {
        timeout(JOB_TIMEOUT, charge(&job, job_time))
            .await
            .unwrap_or_else(|_| Outcome::TryAgain(format!("it took longer than {JOB_TIMEOUT:?}")))
    };
    Finished { job, outcome }
}

/// Stands for a call to a payment service.
async fn charge(job: &Job, job_time: Duration) -> Outcome {
    if !job_time.is_zero() {
        sleep(job_time).await;
    }
    match job.order_id {
        207 => Outcome::TryAgain("the bank does not answer".into()),
        213 => Outcome::GiveUp("the card is declined".into()),
        order => Outcome::Charged(format!("receipt of order {order}")),
    }
}

/// Writes a line to standard error; unlike `eprintln!`, it does not panic when
/// nobody reads it.
fn log(message: &str) {
    let _ = io::stderr().write_all(format!("{message}\n").as_bytes());
}
