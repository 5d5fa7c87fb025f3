//! What runs without arguments: a queue and four workers, one of them killed.

use std::process::Stdio;
use std::time::Duration;
use std::{env, io};

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::process::{Child, Command};
use tokio::time::sleep;

use crate::queue::Queue;
use crate::{postgres, sqlite};

const ORDERS: i64 = 300;

/// Runs on a database of its own: a file, or a schema on the server.
pub async fn run(url: Option<String>) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    if let Some(url) = url.filter(|url| url.starts_with("postgres")) {
        // The name of the folder is random, so the schema's is too.
        let name = folder.path().file_name().unwrap_or_default();
        let name = name.to_string_lossy().replace('.', "").to_lowercase();
        let schema = format!("job_queue_{name}");
        let inside = create_schema(&url, &schema).await?;
        let done = match postgres::open(&inside).await {
            Ok(queue) => show(queue, &inside).await,
            Err(error) => Err(error.into()),
        };
        drop_schema(&url, &schema).await?;
        return done;
    }
    let url = format!("sqlite:{}", folder.path().join("queue.db").display());
    show(sqlite::open(&url).await?, &url).await
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
    println!("3 other workers continue");
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

/// Creates a schema, and returns the URL that finds its tables.
async fn create_schema(url: &str, name: &str) -> sqlx::Result<String> {
    let create = AssertSqlSafe(format!("CREATE SCHEMA {name}"));
    let mut connection = PgConnection::connect(url).await?;
    sqlx::query(create).execute(&mut connection).await?;
    let sign = if url.contains('?') { '&' } else { '?' };
    Ok(format!("{url}{sign}options[search_path]={name}"))
}

async fn drop_schema(url: &str, name: &str) -> sqlx::Result<()> {
    let statement = AssertSqlSafe(format!("DROP SCHEMA {name} CASCADE"));
    let mut connection = PgConnection::connect(url).await?;
    sqlx::query(statement).execute(&mut connection).await?;
    Ok(())
}
