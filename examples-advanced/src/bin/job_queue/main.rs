//! Share jobs among processes and machines with `FOR UPDATE SKIP LOCKED`.
//!
//! 300 orders wait to be charged. One worker is killed in the middle of its
//! jobs, and others do the rest. No order is lost, and none is charged twice.
//! The queue is a table with a job for each order. A worker claims a batch of
//! jobs for 2 s. If it dies, they are due again. One commit writes the result
//! and deletes the job; only the worker with the latest claim may do that.
//! After five attempts a job is dead: it is not tried again. `SKIP LOCKED`
//! skips the jobs that another worker is claiming.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin job_queue
//! database: [..]
//! 300 orders are to be charged
//! worker 1 is killed in the middle of ~100 jobs
//! 3 other workers continue
//! dead: order 207, attempt 5: the bank does not answer
//! dead: order 213, attempt 1: the card is declined
//! 298 charged, 2 dead, 0 lost, 0 doubled
//! ```
//!
//! It runs on SQLite in a temporary folder, or on the PostgreSQL that
//! `DATABASE_URL` names. With that variable:
//!
//! - `job_queue add 1000` fills a queue that is kept between runs;
//! - `job_queue work`, on any machine, is a worker until Ctrl-C or SIGTERM;
//! - `job_queue status` prints how many jobs wait, are done or are dead.
//!
//! A result is written once, but a call to another service may happen twice.
//! Send the job's id with it, so the service can recognize the second call.
//!
//! Copy it with
//!
//! ```sh
//! cargo add sqlx --no-default-features -F derive,postgres,runtime-tokio,sqlite-bundled
//! cargo add tokio -F macros,process,rt,signal,time
//! cargo add anyhow tempfile
//! ```

mod demo;
mod postgres;
mod queue;
mod sqlite;
mod worker;

use std::env::{self, VarError};
use std::io::{self, Write as _};
use std::num::ParseIntError;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use tokio::time::timeout;

use queue::{Queue, limited};
use worker::Worker;

/// How long a job takes by default.
const JOB_TIME: Duration = Duration::from_millis(100);
/// For what a person waits for, such as adding a million jobs.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(60);

// Jobs wait more than they compute. To use another core, start another worker.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let url = match env::var("DATABASE_URL") {
        Err(VarError::NotUnicode(_)) => bail!("DATABASE_URL is not UTF-8"),
        url => url.ok(),
    };
    let is_postgres = match url.as_deref().and_then(|url| url.split(':').next()) {
        Some("postgres" | "postgresql") => true,
        Some("sqlite") | None => false,
        Some(other) => bail!("DATABASE_URL: {other} is not supported; {EXPECTED}"),
    };
    if arguments.is_empty() {
        let mut stop = StopSignals::new()?;
        let server = url.filter(|_| is_postgres);
        return demo::run(server.as_deref(), stop.recv()).await;
    }
    let url = url.with_context(|| format!("DATABASE_URL is not set; {EXPECTED}"))?;
    let invalid = |error| anyhow!("DATABASE_URL: {error}");
    if is_postgres {
        let queue = limited(postgres::open(&url)).await.map_err(invalid)?;
        act(queue, &arguments).await
    } else {
        let queue = limited(sqlite::open(&url)).await.map_err(invalid)?;
        act(queue, &arguments).await
    }
}

const EXPECTED: &str = "give postgres://user:password@host/database or sqlite:file";

async fn act(queue: impl Queue, arguments: &[&str]) -> anyhow::Result<()> {
    match *arguments {
        ["add", count] => add(queue, count, "0").await,
        ["add", count, priority] => add(queue, count, priority).await,
        ["work"] => work(queue, JOB_TIME).await,
        ["work", milliseconds] => work(queue, Duration::from_millis(number(milliseconds)?)).await,
        ["status"] => status(queue).await,
        _ => bail!("usage: add COUNT [PRIORITY], work [MILLISECONDS] or status"),
    }
}

async fn add(mut queue: impl Queue, count: &str, priority: &str) -> anyhow::Result<()> {
    let (count, priority) = (number(count)?, number(priority)?);
    timeout(COMMAND_TIMEOUT, queue.add(count, priority)).await??;
    Ok(())
}

fn number<T: FromStr<Err = ParseIntError>>(text: &str) -> anyhow::Result<T> {
    text.parse().map_err(|error| anyhow!("{text}: {error}"))
}

async fn status(mut queue: impl Queue) -> anyhow::Result<()> {
    let status = timeout(COMMAND_TIMEOUT, queue.status()).await??;
    say(&format!("{status:?}"));
    Ok(())
}

/// Works until a signal, and then finishes what it has claimed. A second signal
/// stops it immediately.
async fn work(queue: impl Queue, job_time: Duration) -> anyhow::Result<()> {
    let mut stop = StopSignals::new()?;
    let mut worker = Worker::new(queue, job_time);
    tokio::select! {
        () = worker.run() => {}
        () = stop.recv() => {}
    }
    tokio::select! {
        () = worker.stop() => {}
        () = stop.recv() => {}
    }
    worker.report();
    Ok(())
}

/// Prints a line; unlike `println!`, it does not panic when nobody reads it.
fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
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
