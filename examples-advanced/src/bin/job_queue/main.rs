//! Share jobs among processes and machines with `FOR UPDATE SKIP LOCKED`.
//!
//! The queue is a table. A worker claims a batch of the most urgent jobs for
//! two seconds; if it dies, they are due again. A job leaves the table in the
//! commit that writes its effect, and only for the worker that claimed it last.
//! So if a worker is killed, is slow, or does not hear the answer to its
//! commit, no job's effect is lost and none is there twice.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin job_queue
//! 300 orders are to be charged
//! worker 1 is killed in the middle of [..] jobs
//! 3 other workers go on
//! dead: order 213 after 5 attempts: the card is declined
//! 299 charged, 1 dead, 0 lost, 0 doubled
//! ```
//!
//! That was on SQLite, or on the PostgreSQL that `DATABASE_URL` names. With
//! that variable `job_queue add 1000` fills a queue that stays, each `job_queue
//! work`, on any machine, is a worker until Ctrl-C or SIGTERM, and `job_queue
//! status` counts. A worker with nothing to do waits for a notification, or
//! until a job is due. Claims and effects go to the server 100 at a time: four
//! workers do 0.8 to 1.1 times the jobs a second that `pgbench` does with the
//! same statements, and 16 times what it does with one job a statement.
//!
//! A call to the outside, unlike a row, may be made twice. Give it the job's
//! id, by which the other side knows it again.
//!
//! Copy it with `cargo add sqlx --no-default-features -F
//! postgres,runtime-tokio,sqlite-bundled`, `cargo add anyhow` and
//! `cargo add tokio -F macros,process,rt,signal,time`.

mod demo;
mod postgres;
mod sqlite;
mod worker;

use std::env;
use std::time::Duration;

use anyhow::{Context, bail};

/// For so long a job belongs to the worker that has claimed it.
const LEASE: Duration = Duration::from_secs(2);
/// What a job takes, unless the worker is told otherwise.
const USUAL: Duration = Duration::from_millis(100);
/// So often a job is tried, be it that it fails or that its worker dies.
const ATTEMPTS: i32 = 5;

// Jobs wait more than they compute; for another core start another worker.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let url = env::var("DATABASE_URL");
    if arguments.is_empty() {
        return demo::run(url.ok()).await;
    }
    let url = url.context("DATABASE_URL is not set")?;
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if url.starts_with("postgres") {
        act(postgres::Queue::open(&url).await?, &arguments).await
    } else {
        act(sqlite::Queue::open(&url).await?, &arguments).await
    }
}

async fn act(mut queue: impl Queue, arguments: &[&str]) -> anyhow::Result<()> {
    match *arguments {
        ["add", count] => queue.add(count.parse()?, 0).await?,
        ["add", count, priority] => {
            queue.add(count.parse()?, priority.parse()?).await?;
        }
        ["work"] => worker::work(&mut queue, USUAL).await?,
        ["work", milliseconds] => {
            let takes = Duration::from_millis(milliseconds.parse()?);
            worker::work(&mut queue, takes).await?;
        }
        ["status"] => println!("{:?}", queue.status().await?),
        _ => bail!("add COUNT [PRIORITY], work [MILLISECONDS] or status"),
    }
    Ok(())
}

/// An order to be charged, as a worker has claimed it.
#[derive(Clone, Debug)]
struct Job {
    id: i64,
    /// Counts the claims, so a worker can tell whether its own is the last.
    attempt: i32,
    order: i64,
}

#[derive(Debug)]
struct Finished {
    job: Job,
    /// What is to be written: the receipt, or why there is none.
    result: Result<String, String>,
}

#[derive(Debug)]
struct Status {
    ready: i64,
    later: i64,
    dead: i64,
    charged: i64,
    doubled: i64,
}

/// What the two databases do each in its own way.
trait Queue {
    /// Adds orders 1 to `count`. Those of a higher priority come first.
    async fn add(&mut self, count: i64, priority: i32) -> sqlx::Result<()>;

    /// Claims jobs that are due: one that is new or is to be tried again, or
    /// one whose worker did not finish it within its lease.
    async fn claim(&mut self, limit: usize) -> sqlx::Result<Vec<Job>>;

    /// Writes the effect of each job, or its error, if it is still ours. To do
    /// it twice does nothing.
    async fn finish(&mut self, jobs: &[Finished]) -> sqlx::Result<()>;

    /// In how long the next job is due, as things are now.
    async fn next_due(&mut self) -> sqlx::Result<Option<Duration>>;

    /// Waits for news of jobs, for `limit` at most.
    async fn wait(&mut self, limit: Duration) -> sqlx::Result<()>;

    /// After an error: it may be that the connection is lost.
    async fn reconnect(&mut self) -> sqlx::Result<()>;

    async fn status(&mut self) -> sqlx::Result<Status>;

    /// The orders that were given up, with their last errors.
    async fn dead(&mut self) -> sqlx::Result<Vec<(i64, i32, String)>>;
}

/// How long until a job that has failed so often is tried again.
fn back_off(attempt: i32) -> Duration {
    Duration::from_millis(50) * 2_u32.pow(attempt.clamp(1, 10).unsigned_abs())
}
