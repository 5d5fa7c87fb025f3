//! Processes of `job_queue` that share a database, and are killed.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use harness::Terminal;
use harness::terminal::{Job, Line};
use harness::workspace::binary;
use sqlx::{AnyConnection, Connection};
use tokio::time::sleep;

use crate::scenarios::support::postgres::{Postgres, Schema, connect, on_own_postgresql, sqlite};
use crate::scenarios::support::runner::{Scenario, on_postgresql, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("priority::sqlite", || async {
            let folder = tempfile::tempdir()?;
            priority(&sqlite(&folder)).await
        }),
        on_postgresql("priority::postgresql", |url| async move {
            let schema = Schema::create(&url).await?;
            schema.remove_after(priority(&schema.url).await).await
        }),
        on_postgresql("idle", |url| async move {
            let schema = Schema::create(&url).await?;
            schema.remove_after(idle(&schema.url).await).await
        })
        .slow(),
        scenario("killed::sqlite", || async {
            let folder = tempfile::tempdir()?;
            killed(&sqlite(&folder), None).await
        })
        .slow(),
        on_own_postgresql("killed::postgresql", |server| async move {
            killed(&server.url(), Some(&server)).await
        })
        .slow(),
    ]
}

/// Urgent jobs, though added last, are in the first batch of 100.
async fn priority(url: &str) -> Result<()> {
    let mut processes = Processes::new("job_queue", url)?;
    processes.run("add 400")?;
    processes.run("add 5 1")?;
    let _worker = processes.start("work 50")?;
    let mut database = connect(url).await?;
    let urgent = "SELECT COUNT(*) FROM charges WHERE job > 400";
    wait(&mut database, urgent, 5).await?;
    let place = "SELECT MAX(id) FROM charges WHERE job > 400";
    let place = count(&mut database, place).await?;
    ensure!(place <= 100, "an urgent job was number {place}");
    Ok(database.close().await?)
}

/// A worker with nothing to do asks the server nothing; a notification wakes it
/// at once, and without one it finds a job all the same.
async fn idle(url: &str) -> Result<()> {
    let mut processes = Processes::new("job_queue", url)?;
    let worker = processes.start("work 0")?;
    let mut database = connect(url).await?;
    let table = "SELECT COUNT(*) FROM pg_tables
                 WHERE schemaname = current_schema() AND tablename = 'charges'";
    wait(&mut database, table, 1).await?;
    sleep(Duration::from_secs(1)).await;

    let asked = "SELECT CAST(MAX(query_start) AS TEXT) FROM pg_stat_activity
                 WHERE application_name = current_schema()
                 AND pid <> pg_backend_pid()";
    let before = sqlx::query_scalar::<_, String>(asked);
    let before = before.fetch_one(&mut database).await?;
    let processor = processor_time(&worker);
    sleep(Duration::from_secs(3)).await;
    let used = processor_time(&worker).saturating_sub(processor);
    ensure!(
        used <= Duration::from_millis(10),
        "an idle worker used {used:?}"
    );
    let after = sqlx::query_scalar::<_, String>(asked);
    let after = after.fetch_one(&mut database).await?;
    ensure!(before == after, "an idle worker asked at {after}");

    let charged = "SELECT COUNT(*) FROM charges";
    processes.run("add 1")?;
    let start = Instant::now();
    wait(&mut database, charged, 1).await?;
    let woken = start.elapsed();
    ensure!(woken < Duration::from_secs(1), "woken after {woken:?}");

    let quiet = "INSERT INTO jobs (priority, order_id) VALUES (0, 2)";
    sqlx::query(quiet).execute(&mut database).await?;
    wait(&mut database, charged, 2).await?;
    Ok(database.close().await?)
}

/// Workers that are killed in the middle of jobs, and one that stands still for
/// longer than its lease, on a server that is restarted as after a crash:
/// each job's effect is there once.
async fn killed(url: &str, server: Option<&Postgres>) -> Result<()> {
    const JOBS: i64 = 3000;
    let mut processes = Processes::new("job_queue", url)?;
    processes.run(&format!("add {JOBS}"))?;
    let mut database = connect(url).await?;
    let mut workers = Vec::new();
    for _ in 0..5 {
        workers.push(processes.start("work 300")?);
    }
    let claimed = "SELECT COUNT(*) FROM jobs WHERE attempt > 0 AND NOT dead";
    sleep(Duration::from_millis(350)).await;
    let stalled = workers[4].id();
    processes.shell(&format!("kill -STOP {stalled}"))?;
    let resume = Instant::now() + Duration::from_secs(3);
    for round in 0..3 {
        sleep(Duration::from_millis(350)).await;
        let under_way = count(&mut database, claimed).await?;
        ensure!(under_way > 0, "round {round} has no job to interrupt");
        workers.remove(0).kill();
        if let (1, Some(server)) = (round, server) {
            server.control(&["restart", "-m", "immediate"])?;
            database = connect(url).await?;
        }
        workers.push(processes.start("work 300")?);
    }
    // Its lease of two seconds is over. It may hold SQLite's lock, so it must not
    // stand still until the others are done.
    sleep(resume.saturating_duration_since(Instant::now())).await;
    processes.shell(&format!("kill -CONT {stalled}"))?;
    wait(&mut database, "SELECT COUNT(*) FROM jobs WHERE NOT dead", 0).await?;
    for worker in &workers {
        processes.shell(&format!("kill -TERM {}", worker.id()))?;
    }
    for worker in &mut workers {
        let status = processes.wait(worker)?;
        ensure!(status == 0, "{status}: {:?}", processes.output());
    }

    let charges = "SELECT COUNT(*) FROM charges";
    let charges = count(&mut database, charges).await?;
    let orders = "SELECT COUNT(DISTINCT order_id) FROM charges";
    let orders = count(&mut database, orders).await?;
    ensure!(orders == JOBS - 1, "{orders} of {JOBS} orders were charged");
    ensure!(charges == orders, "{charges} charges of {orders} orders");
    let dead = "SELECT order_id, error FROM jobs";
    let dead = sqlx::query_as::<_, (i64, String)>(dead);
    let dead = dead.fetch_all(&mut database).await?;
    let right = [(213, "the card is declined".to_string())];
    ensure!(dead == right, "dead: {dead:?}");
    Ok(database.close().await?)
}

/// Processes of one example, with an address of a database for all.
struct Processes {
    terminal: Terminal,
    lines: Vec<Line>,
    path: &'static Path,
}

impl Processes {
    fn new(name: &str, url: &str) -> Result<Self> {
        let mut terminal = Terminal::open()?;
        terminal.set("DATABASE_URL", url);
        Ok(Self {
            terminal,
            lines: Vec::new(),
            path: binary(name)?,
        })
    }

    fn start(&self, arguments: &str) -> Result<Job> {
        let path = self.path.display();
        self.terminal.start(&format!("exec '{path}' {arguments}"))
    }

    fn run(&mut self, arguments: &str) -> Result<()> {
        self.shell(&format!("exec '{}' {arguments}", self.path.display()))
    }

    fn shell(&mut self, command: &str) -> Result<()> {
        let mut job = self.terminal.start(command)?;
        let status = self.wait(&mut job)?;
        ensure!(status == 0, "{command}: {status}: {:?}", self.output());
        Ok(())
    }

    fn wait(&mut self, job: &mut Job) -> Result<i32> {
        let deadline = Instant::now() + Duration::from_secs(10);
        let status = self.terminal.wait(job, deadline, &mut self.lines)?;
        status.with_context(|| format!("it runs on: {:?}", self.output()))
    }

    fn output(&mut self) -> Vec<String> {
        // A terminal that has broken down shows what came before.
        let _ = self.terminal.catch_up(&mut self.lines);
        self.lines.iter().map(|line| line.text.clone()).collect()
    }
}

async fn count(database: &mut AnyConnection, query: &'static str) -> Result<i64> {
    Ok(sqlx::query_scalar(query).fetch_one(database).await?)
}

/// Waits until a query counts so many.
async fn wait(database: &mut AnyConnection, query: &'static str, right: i64) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        // The tables may not be there yet.
        let found = count(database, query).await;
        match found {
            Ok(found) if found == right => return Ok(()),
            found if Instant::now() > deadline => bail!("{query}: {found:?}"),
            _ => sleep(Duration::from_millis(20)).await,
        }
    }
}

/// Processor time used until now, as Linux counts it; zero elsewhere.
fn processor_time(job: &Job) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", job.id()));
    let stat = stat.unwrap_or_default();
    // See proc(5): fields 14 and 15, in ticks of 10 ms.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let times = fields.split_whitespace().skip(11).take(2);
    let ticks: u64 = times.filter_map(|time| time.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}
