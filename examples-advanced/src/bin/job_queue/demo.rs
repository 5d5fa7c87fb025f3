//! What happens with no arguments: a queue, four workers, one of them killed.

use std::process::Stdio;
use std::time::Duration;
use std::{env, fs, io, process};

use tokio::process::{Child, Command};
use tokio::time::sleep;

use crate::{Queue, postgres, sqlite};

const ORDERS: i64 = 300;

/// Runs on a database of its own: a file, or a schema on the server.
pub async fn run(url: Option<String>) -> anyhow::Result<()> {
    let own = format!("job_queue_{}", process::id());
    if let Some(url) = url {
        let inside = postgres::create_schema(&url, &own).await?;
        let done = match postgres::Queue::open(&inside).await {
            Ok(queue) => show(queue, &inside).await,
            Err(error) => Err(error.into()),
        };
        postgres::drop_schema(&url, &own).await?;
        return done;
    }
    let folder = env::temp_dir().join(own);
    fs::create_dir(&folder)?;
    let url = format!("sqlite:{}", folder.join("queue.db").display());
    let done = show(sqlite::Queue::open(&url).await?, &url).await;
    fs::remove_dir_all(folder)?;
    done
}

async fn show(mut queue: impl Queue, url: &str) -> anyhow::Result<()> {
    queue.add(ORDERS, 0).await?;
    println!("{ORDERS} orders are to be charged");

    let mut first = worker(url)?;
    while queue.status().await?.later == 0 {
        sleep(Duration::from_millis(5)).await;
    }
    first.kill().await?;
    let cut = queue.status().await?.later;
    println!("worker 1 is killed in the middle of {cut} jobs");

    let others = [worker(url)?, worker(url)?, worker(url)?];
    println!("3 other workers go on");
    let end = loop {
        let status = queue.status().await?;
        if status.ready + status.later == 0 {
            break status;
        }
        sleep(Duration::from_millis(20)).await;
    };
    for (order, attempts, error) in queue.dead().await? {
        println!("dead: order {order} after {attempts} attempts: {error}");
    }
    let lost = ORDERS - end.charged - end.dead + end.doubled;
    let (charged, dead, doubled) = (end.charged, end.dead, end.doubled);
    println!("{charged} charged, {dead} dead, {lost} lost, {doubled} doubled");
    for mut idle in others {
        idle.kill().await?;
    }
    Ok(())
}

fn worker(url: &str) -> io::Result<Child> {
    Command::new(env::current_exe()?)
        .arg("work")
        .env("DATABASE_URL", url)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
}
