//! Share jobs among processes and machines with `FOR UPDATE SKIP LOCKED`.
//!
//! 300 orders are charged. One worker is killed in the middle of its jobs, and
//! three others do the rest. No order is lost, and none is charged twice. The
//! queue is a table. A worker claims a batch of jobs for 2 s. If it dies, they
//! are due again. A job leaves the table in the commit that writes its result,
//! and only for the worker that claimed it last.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin job_queue
//! 300 orders are to be charged
//! worker 1 is killed in the middle of ~100 jobs
//! 3 other workers continue
//! dead: order 213 after 5 attempts: the card is declined
//! 299 charged, 1 dead, 0 lost, 0 doubled
//! ```
//!
//! It runs on SQLite in a temporary folder, or on the PostgreSQL that
//! `DATABASE_URL` names. With that variable:
//!
//! - `job_queue add 1000` fills a queue that stays;
//! - `job_queue work`, on any machine, is a worker until Ctrl-C or SIGTERM;
//! - `job_queue status` counts.
//!
//! A row is written once, but a call to another service may happen twice. Send
//! the job's id with it, so the service can recognize the second call.
//!
//! Copy it with
//!
//! ```sh
//! cargo add sqlx --no-default-features -F postgres,runtime-tokio,sqlite-bundled
//! cargo add tokio -F macros,process,rt,signal,time
//! cargo add anyhow tempfile
//! ```

mod demo;
mod postgres;
mod queue;
mod sqlite;
mod worker;

use std::env;
use std::time::Duration;

use anyhow::{Context, bail};

use queue::Queue;

/// How long a job takes by default.
const JOB_TIME: Duration = Duration::from_millis(100);
// Jobs wait more than they compute. To use another core, start another worker.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let url = env::var("DATABASE_URL");
    if arguments.is_empty() {
        return demo::run(url.ok()).await;
    }
    let url = url.context("DATABASE_URL is not set")?;
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match url.split(':').next() {
        Some("postgres" | "postgresql") => act(postgres::open(&url).await?, &arguments).await,
        Some("sqlite") => act(sqlite::open(&url).await?, &arguments).await,
        _ => bail!("DATABASE_URL is neither postgres: nor sqlite:"),
    }
}

async fn act(mut queue: impl Queue, arguments: &[&str]) -> anyhow::Result<()> {
    match *arguments {
        ["add", count] => queue.add(count.parse()?, 0).await?,
        ["add", count, priority] => {
            queue.add(count.parse()?, priority.parse()?).await?;
        }
        ["work"] => worker::work(&mut queue, JOB_TIME).await?,
        ["work", milliseconds] => {
            let takes = Duration::from_millis(milliseconds.parse()?);
            worker::work(&mut queue, takes).await?;
        }
        ["status"] => println!("{:?}", queue.status().await?),
        _ => bail!("usage: add COUNT [PRIORITY], work [MILLISECONDS] or status"),
    }
    Ok(())
}
