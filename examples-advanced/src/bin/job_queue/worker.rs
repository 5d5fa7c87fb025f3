//! A worker: claims jobs, does them all at once, writes what came of them.

use std::io;
use std::pin::pin;
use std::time::Duration;

use tokio::task::{JoinSet, yield_now};
use tokio::time::{sleep, timeout};

use crate::{ATTEMPTS, Finished, Job, Queue};

/// Jobs under way at once, and so the size of a batch at most.
const SLOTS: usize = 100;
/// What a job may take: half of a lease, so that the other half is left to
/// write its effect.
const LIMIT: Duration = Duration::from_secs(1);
/// When there is no news of jobs, look all the same: news can be lost.
const POLL: Duration = Duration::from_secs(10);
/// How long to leave a database alone that does not answer.
const PAUSE: Duration = Duration::from_millis(500);

/// Works until Ctrl-C or SIGTERM, then finishes what it has begun.
pub async fn work(queue: &mut impl Queue, takes: Duration) -> io::Result<()> {
    let mut stop = pin!(stop_signal()?);
    let mut stopping = false;
    let mut worker = Worker {
        takes,
        ..Worker::default()
    };
    loop {
        let turn = worker.turn(queue, stopping).await;
        if stopping && (turn.is_err() || worker.running.is_empty()) {
            break;
        }
        let idle = turn.unwrap_or_else(|error| worker.away(&error));
        tokio::select! {
            () = &mut stop, if !stopping => stopping = true,
            () = sleep(PAUSE), if worker.is_away => {}
            Some(done) = worker.running.join_next(), if !worker.is_away => {
                worker.keep(done);
            }
            news = queue.wait(idle), if worker.is_waiting() && !stopping => {
                if let Err(error) = news {
                    worker.away(&error);
                }
            }
        }
    }
    let Worker {
        count,
        running,
        finished,
        ..
    } = worker;
    let left = running.len() + finished.len();
    println!("worker: stopped, {count} jobs done, {left} left");
    Ok(())
}

#[derive(Default)]
struct Worker {
    takes: Duration,
    running: JoinSet<Finished>,
    /// Not yet written.
    finished: Vec<Finished>,
    count: usize,
    /// Whether the database did not answer.
    is_away: bool,
}

impl Worker {
    /// Writes what is finished and fills the free slots. Tells how long there
    /// is nothing to do then, but for news.
    async fn turn(&mut self, queue: &mut impl Queue, stopping: bool) -> sqlx::Result<Duration> {
        if self.is_away {
            queue.reconnect().await?;
            self.is_away = false;
        }
        while let Some(done) = self.running.try_join_next() {
            self.keep(done);
            // Jobs that end together are to be written together.
            yield_now().await;
        }
        if !self.finished.is_empty() {
            // If the answer is lost it is done again, which then does nothing.
            queue.finish(&self.finished).await?;
            self.count += self.finished.len();
            self.finished.clear();
        }
        if !stopping && self.free() > 0 {
            for job in queue.claim(self.free()).await? {
                self.running.spawn(perform(job, self.takes));
            }
        }
        if !self.running.is_empty() || stopping {
            return Ok(POLL);
        }
        Ok(queue.next_due().await?.unwrap_or(POLL).min(POLL))
    }

    fn away(&mut self, error: &sqlx::Error) -> Duration {
        eprintln!("worker: {error}; trying again");
        self.is_away = true;
        PAUSE
    }

    fn is_waiting(&self) -> bool {
        !self.is_away && self.free() > 0
    }

    fn free(&self) -> usize {
        SLOTS - self.running.len()
    }

    fn keep(&mut self, done: Result<Finished, tokio::task::JoinError>) {
        match done {
            Ok(finished) => self.finished.push(finished),
            // Its lease runs out, as that of a worker that died.
            Err(error) => eprintln!("worker: a job has failed: {error}"),
        }
    }
}

async fn perform(job: Job, takes: Duration) -> Finished {
    let result = if job.attempt > ATTEMPTS {
        Err("no worker has survived it".to_string())
    } else {
        match timeout(LIMIT, charge(&job, takes)).await {
            Ok(result) => result,
            Err(_) => Err(format!("it took longer than {LIMIT:?}")),
        }
    };
    Finished { job, result }
}

/// Stands for a call to whoever handles the cards.
async fn charge(job: &Job, takes: Duration) -> Result<String, String> {
    if !takes.is_zero() {
        sleep(takes).await;
    }
    match (job.order, job.attempt) {
        (213, _) => Err("the card is declined".into()),
        (207, 1) => Err("no answer, try again".into()),
        (order, _) => Ok(format!("receipt of order {order}")),
    }
}

/// Ends at Ctrl-C or SIGTERM; both are caught from the call on.
#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(windows)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    let mut ctrl_c = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        ctrl_c.recv().await;
    })
}
