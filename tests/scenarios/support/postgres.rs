//! Databases for scenarios: a schema of their own on the server that
//! `DATABASE_URL` names, or a server of their own.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use harness::suite::{Company, cannot_run};
use harness::transcript::{Checked, Conditions};
use harness::workspace::{binary, root};
use harness::{Header, Terminal, transcript};
use sqlx::any::install_default_drivers;
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor};
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::runner::{Scenario, run};

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

    pub async fn remove_after<T>(&self, done: Result<T>) -> Result<T> {
        let drop = format!("DROP SCHEMA {} CASCADE", self.name);
        let mut database = connect(&self.server).await?;
        sqlx::query(AssertSqlSafe(drop))
            .execute(&mut database)
            .await?;
        done
    }
}

/// Runs something in an empty schema, in which it may leave no table.
pub async fn leaves_no_table<T>(server: &str, run: impl FnOnce(&str) -> Result<T>) -> Result<T> {
    let schema = Schema::create(server).await?;
    let ran = async {
        let done = run(&schema.url)?;
        let left = "SELECT string_agg(tablename::text, ', ') FROM pg_tables WHERE schemaname = $1";
        let left: Option<String> = sqlx::query_scalar(left)
            .bind(&schema.name)
            .fetch_one(&mut connect(server).await?)
            .await?;
        ensure!(left.is_none(), "it leaves tables in the database: {left:?}");
        Ok(done)
    };
    schema.remove_after(ran.await).await
}

/// A PostgreSQL of its own, which a scenario can stop and start. It listens on a
/// socket in its folder only, so that there is no port to clash over.
pub struct Postgres {
    tools: PathBuf,
    /// PostgreSQL refuses to run as root, so it is run as its own user then.
    as_root: bool,
    folder: TempDir,
}

impl Postgres {
    /// The inner error says what this machine lacks.
    pub fn start() -> Result<Result<Self, &'static str>> {
        let Some(tools) = tools() else {
            return Ok(Err("no initdb and pg_ctl here: install PostgreSQL"));
        };
        let as_root = says("id", &["-u"]) == Some("0".into());
        if as_root
            && (says("id", &["-u", "postgres"]).is_none()
                || says("runuser", &["--version"]).is_none())
        {
            return Ok(Err("run as root, but there is no user postgres"));
        }
        let server = Self {
            tools,
            as_root,
            folder: tempfile::tempdir()?,
        };
        if as_root {
            let path = server.folder.path().to_string_lossy();
            says("chown", &["postgres", &path]).context("chown")?;
        }
        let data = server.data();
        let data = data.to_string_lossy();
        server.tool("initdb", &["-U", "postgres", "-A", "trust", "-D", &data])?;
        server.control(&["start"])?;
        Ok(Ok(server))
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.path().join(".s.PGSQL.5432")
    }

    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    pub fn url_of(&self, database: &str) -> String {
        let folder = self.folder.path().display();
        format!("postgres://postgres@localhost:5432/{database}?host={folder}")
    }

    /// Starts or stops it, as `pg_ctl` does.
    pub fn control(&self, arguments: &[&str]) -> Result<()> {
        let (data, log) = (self.data(), self.folder.path().join("log"));
        let (data, log) = (data.to_string_lossy(), log.to_string_lossy());
        let folder = self.folder.path().display();
        let options = format!("-k {folder} -c listen_addresses=''");
        let mut all = vec!["-w", "-D", &data, "-l", &log, "-o", &options];
        all.extend(arguments);
        self.tool("pg_ctl", &all)
    }

    /// Executes these statements on a connection, one after the other.
    pub async fn execute(&self, statements: &[&str]) -> Result<AnyConnection> {
        let mut connection = connect(&self.url()).await?;
        for statement in statements {
            let statement = AssertSqlSafe(statement.to_string());
            connection.execute(statement).await?;
        }
        Ok(connection)
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
fn says(command: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(command).args(arguments).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_string();
    output.status.success().then_some(text)
}

/// A scenario with a PostgreSQL of its own.
pub fn on_own_postgresql<F>(
    name: &str,
    body: impl FnOnce(Postgres) -> F + Send + 'static,
) -> Scenario
where
    F: Future<Output = Result<()>>,
{
    Scenario::new(name, Company::Any, || match Postgres::start()? {
        Ok(server) => run(body(server)),
        Err(missing) => cannot_run(missing),
    })
}

/// A database that is not there, or that no example knows: the error names the
/// variable, the database and the reason, soon and without the password.
pub async fn refuses_without_server(example: &str) -> Result<()> {
    let output = fails(example, "mysql://ann:secret@127.0.0.1/shop")?;
    ensure!(
        output.contains("DATABASE_URL") && output.contains("mysql"),
        "{example}: {output}"
    );
    for scheme in ["postgres", "postgresql"] {
        let output = fails(example, &format!("{scheme}://ann:secret@127.0.0.1:9/shop"))?;
        ensure!(
            output.contains("127.0.0.1/shop") && output.contains("DATABASE_URL"),
            "{example}: {output}"
        );
    }
    Ok(())
}

/// A server that accepts a connection and says nothing: the error says so, soon.
pub async fn refuses_silent_server(example: &str) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("postgres://ann:secret@{}/shop", listener.local_addr()?);
    let output = fails(example, &url)?;
    ensure!(
        output.contains("DATABASE_URL: no answer within 3s"),
        "{example}: {output}"
    );
    Ok(())
}

/// A server that allows one connection and no more: the error says so, soon, and
/// no schema is left.
pub async fn refuses_second_connection(example: &str, says: &str, server: Postgres) -> Result<()> {
    let mut database = server
        .execute(&[
            "CREATE ROLE ann LOGIN CONNECTION LIMIT 1",
            "GRANT CREATE ON DATABASE postgres TO ann",
        ])
        .await?;
    let output = fails(example, &server.url().replace("postgres@", "ann@"))?;
    ensure!(output.contains(says), "{example}: {output}");
    let left = "SELECT COUNT(*) FROM pg_namespace WHERE nspowner = 'ann'::regrole";
    let left: i64 = sqlx::query_scalar(left).fetch_one(&mut database).await?;
    ensure!(left == 0, "{left} schemas are left: {output}");
    Ok(database.close().await?)
}

/// Runs an example, which has to fail within a few seconds; returns what it
/// prints.
fn fails(example: &str, url: &str) -> Result<String> {
    let mut terminal = Terminal::open()?;
    terminal.set("DATABASE_URL", url);
    let mut lines = Vec::new();
    let mut job = terminal.start(&format!("exec '{}'", binary(example)?.display()))?;
    let deadline = Instant::now() + Duration::from_secs(6);
    let status = terminal.wait(&mut job, deadline, &mut lines)?;
    let lines: Vec<String> = lines.into_iter().map(|line| line.text).collect();
    let output = lines.join("\n");
    let status = status.with_context(|| format!("{example} runs on: {output}"))?;
    ensure!(status == 1, "{example}: status {status}: {output}");
    ensure!(
        !output.contains("secret"),
        "{example} prints the password: {output}"
    );
    Ok(output)
}

/// The transcript that a header shows for those who have a server.
pub async fn shows_on_postgresql(name: &str, url: String) -> Result<()> {
    let file = format!("examples-advanced/src/bin/{name}.rs");
    let source = std::fs::read_to_string(root().join(&file))?;
    let header = Header::parse(&source.replace("```text", "```console"))?;
    let [_, with_server] = &header.transcripts[..] else {
        bail!("{file}: one transcript without a server, and one with it");
    };
    let checked = leaves_no_table(&url, |url| {
        let conditions = Conditions {
            variables: &[("DATABASE_URL", url)],
            slack: transcript::slack()?,
        };
        transcript::check(&file, with_server, conditions, |report| {
            eprintln!("a slow run, to be done again: {report}");
            Ok(())
        })
    })
    .await?;
    ensure!(
        checked == Checked::Right,
        "other processes held up five runs"
    );
    Ok(())
}
