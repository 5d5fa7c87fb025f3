//! Processes of examples-advanced that share a database, and are killed.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use libtest_mimic::Trial;
use sqlx::any::install_default_drivers;
use sqlx::{AnyConnection, AssertSqlSafe, Connection};
use tempfile::TempDir;
use tests::suite::{Company, NO_POSTGRESQL, cannot_run, is_without_postgresql, test};
use tests::terminal::{Job, Line, Terminal};
use tests::workspace::binary;
use tokio::time::sleep;

use super::{run, scenario};

pub fn tests() -> Vec<Trial> {
    vec![
        scenario("advanced::job_queue_priority::sqlite", || async {
            let folder = tempfile::tempdir()?;
            job_queue_priority(&sqlite(&folder)).await
        }),
        on_postgresql(
            "job_queue_priority::postgresql",
            Company::Any,
            |url| async move {
                let schema = Schema::create(&url).await?;
                schema
                    .remove_after(job_queue_priority(&schema.url).await)
                    .await
            },
        ),
        on_postgresql("job_queue_idle", Company::Any, |url| async move {
            let schema = Schema::create(&url).await?;
            schema.remove_after(job_queue_idle(&schema.url).await).await
        })
        .with_ignored_flag(true),
        scenario("advanced::job_queue_killed::sqlite", || async {
            let folder = tempfile::tempdir()?;
            job_queue_killed(&sqlite(&folder), None).await
        })
        .with_ignored_flag(true),
        test(
            "scenarios::advanced::job_queue_killed::postgresql",
            Company::Any,
            |_| match Postgres::start()? {
                Ok(own) => run(job_queue_killed(&own.url(), Some(&own))),
                Err(missing) => cannot_run(&missing),
            },
        )
        .with_ignored_flag(true),
    ]
}

/// A scenario on the server that `DATABASE_URL` names.
pub fn on_postgresql<F>(
    name: &str,
    company: Company,
    body: impl FnOnce(String) -> F + Send + 'static,
) -> Trial
where
    F: Future<Output = Result<()>>,
{
    let name = format!("scenarios::advanced::{name}");
    test(name, company, move |_| match env::var("DATABASE_URL") {
        Ok(url) => run(body(url)),
        Err(_) => cannot_run(NO_POSTGRESQL),
    })
    .with_ignored_flag(is_without_postgresql())
}

/// Urgent jobs, though added last, are in the first batch of 100.
async fn job_queue_priority(url: &str) -> Result<()> {
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
async fn job_queue_idle(url: &str) -> Result<()> {
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
async fn job_queue_killed(url: &str, server: Option<&Postgres>) -> Result<()> {
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

pub fn sqlite(folder: &TempDir) -> String {
    format!(
        "sqlite:{}?mode=rwc",
        folder.path().join("test.db").display()
    )
}

pub async fn connect(url: &str) -> Result<AnyConnection> {
    install_default_drivers();
    Ok(AnyConnection::connect(url).await?)
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

/// A schema on the server, for one scenario; so is the application's name.
pub struct Schema {
    server: String,
    pub name: String,
    pub url: String,
}

impl Schema {
    pub async fn create(server: &str) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("scenario_").tempdir()?;
        let name = folder.path().file_name().unwrap_or_default();
        let name = name.to_string_lossy().to_lowercase();
        let create = AssertSqlSafe(format!("CREATE SCHEMA {name}"));
        let mut database = connect(server).await?;
        sqlx::query(create).execute(&mut database).await?;
        let sign = if server.contains('?') { '&' } else { '?' };
        let url = format!("{server}{sign}options[search_path]={name}&application_name={name}");
        Ok(Self {
            server: server.into(),
            name,
            url,
        })
    }

    pub async fn remove_after(&self, done: Result<()>) -> Result<()> {
        let drop = format!("DROP SCHEMA {} CASCADE", self.name);
        let mut database = connect(&self.server).await?;
        sqlx::query(AssertSqlSafe(drop))
            .execute(&mut database)
            .await?;
        done
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

/// A PostgreSQL of its own, which a scenario can restart. It listens on a socket
/// in its folder only, so that there is no port to clash over.
struct Postgres {
    tools: PathBuf,
    /// PostgreSQL refuses to run as root, so it is run as its own user then.
    as_root: bool,
    folder: TempDir,
}

impl Postgres {
    /// The inner error says what this machine lacks.
    fn start() -> Result<Result<Self, String>> {
        let Some(tools) = tools() else {
            return Ok(Err("no initdb here: install PostgreSQL".into()));
        };
        let as_root = said("id", &["-u"]) == Some("0".into());
        if as_root
            && (said("id", &["-u", "postgres"]).is_none()
                || said("runuser", &["--version"]).is_none())
        {
            return Ok(Err("run as root, but there is no user postgres".into()));
        }
        let folder = tempfile::tempdir()?;
        let server = Self {
            tools,
            as_root,
            folder,
        };
        if as_root {
            let path = server.folder.path().to_string_lossy();
            said("chown", &["postgres", &path]).context("chown")?;
        }
        let data = server.data();
        let data = data.to_string_lossy();
        server.tool("initdb", &["-U", "postgres", "-A", "trust", "-D", &data])?;
        let folder = server.folder.path().display();
        let options = format!("-k {folder} -c listen_addresses=''");
        server.control(&["start", "-o", &options])?;
        Ok(Ok(server))
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn url(&self) -> String {
        let folder = self.folder.path().display();
        format!("postgres://postgres@localhost:5432/postgres?host={folder}")
    }

    fn control(&self, arguments: &[&str]) -> Result<()> {
        let data = self.data();
        let log = self.folder.path().join("log");
        let (data, log) = (data.to_string_lossy(), log.to_string_lossy());
        let mut all = vec!["-w", "-D", &data, "-l", &log];
        all.extend(arguments);
        self.tool("pg_ctl", &all)
    }

    fn tool(&self, name: &str, arguments: &[&str]) -> Result<()> {
        let path = self.tools.join(name);
        let mut command = if self.as_root {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        // What pg_virtualenv says is about another server.
        for (variable, _) in env::vars_os() {
            if variable.to_string_lossy().starts_with("PG") {
                command.env_remove(variable);
            }
        }
        let status = command
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        ensure!(status.success(), "{name} {arguments:?}: {status}");
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // It may not have started.
        let _ = self.control(&["stop", "-m", "immediate"]);
    }
}

/// Where initdb and pg_ctl are: Debian has them beside each other, off the path.
fn tools() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = env::split_paths(&path).collect();
    let versions = std::fs::read_dir("/usr/lib/postgresql");
    let versions = versions.into_iter().flatten().flatten();
    folders.extend(versions.map(|version| version.path().join("bin")));
    folders
        .into_iter()
        .find(|folder| folder.join("initdb").exists() && folder.join("pg_ctl").exists())
}

/// What a command prints, if it succeeds.
fn said(command: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(command).args(arguments).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_string();
    output.status.success().then_some(text)
}
