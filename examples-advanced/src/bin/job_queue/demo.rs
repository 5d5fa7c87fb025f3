//! What runs without arguments: a queue and four workers, one of them killed.

use std::process::Stdio;
use std::time::Duration;
use std::{env, io};

use anyhow::anyhow;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::process::{Child, Command};
use tokio::time::sleep;

use crate::queue::{Queue, limited};
use crate::{postgres, say, sqlite};

const ORDERS: i64 = 300;

/// Runs until it is done or stopped, and removes what it has made.
pub async fn run(server: Option<&str>, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
    match server {
        Some(url) => on_postgres(url, stop).await,
        None => on_sqlite(stop).await,
    }
}

async fn on_sqlite(stop: impl Future<Output = ()>) -> anyhow::Result<()> {
    say("database: SQLite in a temporary folder");
    let folder = tempfile::tempdir()?;
    let url = format!("sqlite:{}", folder.path().join("queue.db").display());
    tokio::select! {
        done = async { show(sqlite::open(&url).await?, &url).await } => done?,
        () = stop => say("stopped by a signal"),
    }
    Ok(())
}

async fn on_postgres(server: &str, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
    let options: PgConnectOptions = server
        .parse()
        .map_err(|error| anyhow!("DATABASE_URL: {error}"))?;
    let database = options.get_database().unwrap_or_default();
    say(&format!(
        "database: postgres {}/{database}",
        options.get_host()
    ));
    let schema = limited(create_schema(server))
        .await
        .map_err(|error| anyhow!("DATABASE_URL: {error}"))?;
    let sign = if server.contains('?') { '&' } else { '?' };
    let url = format!("{server}{sign}options[search_path]={schema}");
    let done = tokio::select! {
        done = async { show(limited(postgres::open(&url)).await?, &url).await } => done,
        () = stop => {
            say("stopped by a signal");
            Ok(())
        }
    };
    limited(drop_schema(server, &schema)).await?;
    done
}

async fn show(mut queue: impl Queue, url: &str) -> anyhow::Result<()> {
    limited(queue.add(ORDERS, 0)).await?;
    say(&format!("{ORDERS} orders are to be charged"));

    let mut first = worker(url)?;
    while limited(queue.status()).await?.later == 0 {
        sleep(Duration::from_millis(5)).await;
    }
    first.kill().await?;
    let cut = limited(queue.status()).await?.later;
    say(&format!("worker 1 is killed in the middle of {cut} jobs"));

    let _others = [worker(url)?, worker(url)?, worker(url)?];
    say("3 other workers continue");
    let end = loop {
        let status = limited(queue.status()).await?;
        if status.ready + status.later == 0 {
            break status;
        }
        sleep(Duration::from_millis(20)).await;
    };
    for (order, attempts, error) in limited(queue.dead()).await? {
        say(&format!("dead: order {order}, attempt {attempts}: {error}"));
    }
    let lost = ORDERS - end.charged - end.dead + end.doubled;
    let (charged, dead, doubled) = (end.charged, end.dead, end.doubled);
    say(&format!(
        "{charged} charged, {dead} dead, {lost} lost, {doubled} doubled"
    ));
    Ok(())
}

fn worker(url: &str) -> io::Result<Child> {
    Command::new(env::current_exe()?)
        .arg("work")
        .env("DATABASE_URL", url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
}

async fn create_schema(url: &str) -> sqlx::Result<String> {
    let mut connection = PgConnection::connect(url).await?;
    let name: String = sqlx::query_scalar("SELECT 'job_queue_' || md5(random()::text)")
        .fetch_one(&mut connection)
        .await?;
    sqlx::query(AssertSqlSafe(format!("CREATE SCHEMA {name}")))
        .execute(&mut connection)
        .await?;
    Ok(name)
}

async fn drop_schema(url: &str, name: &str) -> sqlx::Result<()> {
    let statement = AssertSqlSafe(format!("DROP SCHEMA {name} CASCADE"));
    let mut connection = PgConnection::connect(url).await?;
    sqlx::query(statement).execute(&mut connection).await?;
    Ok(())
}
