//! A worker: it claims jobs, runs them concurrently, and writes their results.

use std::io::{self, Write as _};
use std::time::Duration;

use tokio::task::{JoinError, JoinSet, yield_now};
use tokio::time::{sleep, timeout};

use crate::queue::{Finished, Job, MAX_ATTEMPTS, Queue};

/// How many jobs run at the same time; also the largest batch.
const MAX_JOBS: usize = 100;
/// Half of a lease: the other half is left for writing the result.
const JOB_TIMEOUT: Duration = Duration::from_secs(1);
/// For everything that is asked of the database in one turn. A connection that
/// has gone silent is replaced after this time.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(3);
/// How often to look for jobs without a notification: one may get lost.
const POLL: Duration = Duration::from_secs(10);
/// How long to wait before a database that failed is asked again.
const PAUSE: Duration = Duration::from_millis(500);

/// Works until Ctrl-C or SIGTERM, then finishes what it has claimed. A second
/// signal stops it immediately.
pub async fn work(queue: &mut impl Queue, job_time: Duration) -> io::Result<()> {
    let mut stop = StopSignals::new()?;
    let mut stopping = false;
    let mut worker = Worker {
        job_time,
        ..Worker::default()
    };
    loop {
        let turn = tokio::select! {
            turn = timeout(DATABASE_TIMEOUT, worker.turn(queue, stopping)) => {
                turn.unwrap_or(Err(sqlx::Error::PoolTimedOut))
            }
            () = stop.recv() => {
                if stopping {
                    break;
                }
                stopping = true;
                continue;
            }
        };
        if stopping && (turn.is_err() || worker.running.is_empty()) {
            break;
        }
        let idle = turn.unwrap_or_else(|error| worker.database_failed(&error));
        tokio::select! {
            () = stop.recv() => {
                if stopping {
                    break;
                }
                stopping = true;
            }
            () = sleep(PAUSE), if worker.reconnect => {}
            Some(done) = worker.running.join_next(), if !worker.reconnect => {
                worker.keep(done);
            }
            news = queue.wait(idle), if worker.can_claim() && !stopping => {
                if let Err(error) = news {
                    worker.database_failed(&error);
                }
            }
        }
    }
    let left = worker.running.len() + worker.finished.len();
    println!("worker: stopped, {} jobs done, {left} left", worker.count);
    Ok(())
}

#[derive(Default)]
struct Worker {
    job_time: Duration,
    running: JoinSet<Finished>,
    /// Results that are not written yet.
    finished: Vec<Finished>,
    count: usize,
    /// Whether the connection has to be replaced first.
    reconnect: bool,
}

impl Worker {
    /// Writes results and claims jobs for the free places. Returns how long
    /// there is nothing to do afterwards.
    async fn turn(&mut self, queue: &mut impl Queue, stopping: bool) -> sqlx::Result<Duration> {
        if self.reconnect {
            queue.reconnect().await?;
            self.reconnect = false;
        }
        while let Some(done) = self.running.try_join_next() {
            self.keep(done);
            // Jobs that end together are written together.
            yield_now().await;
        }
        if !self.finished.is_empty() {
            // If the answer gets lost, this is repeated, and changes nothing.
            queue.finish(&self.finished).await?;
            self.count += self.finished.len();
            self.finished.clear();
        }
        if !stopping && self.free() > 0 {
            for job in queue.claim(self.free()).await? {
                self.running.spawn(perform(job, self.job_time));
            }
        }
        if !self.running.is_empty() || stopping {
            return Ok(POLL);
        }
        Ok(queue.next_due().await?.unwrap_or(POLL).min(POLL))
    }

    fn database_failed(&mut self, error: &sqlx::Error) -> Duration {
        log(&format!("worker: {error}; trying again"));
        self.reconnect = true;
        PAUSE
    }

    fn can_claim(&self) -> bool {
        !self.reconnect && self.free() > 0
    }

    fn free(&self) -> usize {
        MAX_JOBS - self.running.len()
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
    let result = if job.attempt > MAX_ATTEMPTS {
        Err("no worker has survived it".to_string())
    } else {
        match timeout(JOB_TIMEOUT, charge(&job, job_time)).await {
            Ok(result) => result,
            Err(_) => Err(format!("it took longer than {JOB_TIMEOUT:?}")),
        }
    };
    Finished { job, result }
}

/// Stands for a call to a payment service.
async fn charge(job: &Job, job_time: Duration) -> Result<String, String> {
    if !job_time.is_zero() {
        sleep(job_time).await;
    }
    match (job.order, job.attempt) {
        (213, _) => Err("the card is declined".into()),
        (207, 1) => Err("no answer, try again".into()),
        (order, _) => Ok(format!("receipt of order {order}")),
    }
}

/// Writes a line to standard error; unlike `eprintln!`, it does not panic when
/// nobody reads it.
fn log(message: &str) {
    let _ = io::stderr().write_all(format!("{message}\n").as_bytes());
}

/// Ctrl-C and SIGTERM, caught from `new` on: a signal that comes right after
/// the first line of output is not lost.
#[cfg(unix)]
struct StopSignals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl StopSignals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn recv(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(windows)]
struct StopSignals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl StopSignals {
    fn new() -> io::Result<Self> {
        Ok(Self(tokio::signal::windows::ctrl_c()?))
    }

    async fn recv(&mut self) {
        self.0.recv().await;
    }
}
