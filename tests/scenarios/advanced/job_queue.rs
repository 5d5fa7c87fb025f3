//! Processes of `job_queue` that share a database, and are killed.

use std::env;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};
use harness::Terminal;
use harness::repository::build_changed;
use harness::suite::{Company, NO_POSTGRESQL, cannot_run};
use harness::terminal::{Job, Line};
use harness::usage::{catches_interrupt, processor_time};
use harness::workspace::{binary, root};
use sqlx::{AnyConnection, Connection, Executor};
use tokio::time::sleep;

use crate::scenarios::support::postgres::{
    Postgres, Schema, connect, on_own_postgresql, refuses_without_server, sqlite,
};
use crate::scenarios::support::relay::Relay;
use crate::scenarios::support::runner::{Scenario, on_postgresql, run, scenario};

pub fn scenarios() -> Vec<Scenario> {
    let mut scenarios = vec![
        scenario("no_server", || refuses_without_server("job_queue")),
        scenario("refuses", refuses),
        scenario("demonstration_stopped", || demonstration_stopped(None)),
        on_own_postgresql("demonstration_stopped::postgresql", |server| async move {
            demonstration_stopped(Some(&server.url())).await?;
            no_schema_is_left(&server).await
        })
        .slow(),
        scenario("demonstration_unheard::sqlite", || async {
            let folder = tempfile::tempdir()?;
            demonstration_unheard(sqlite(&folder)).await
        }),
        on_own_postgresql("demonstration_unheard::postgresql", |server| async move {
            demonstration_unheard(server.url()).await?;
            no_schema_is_left(&server).await
        })
        .slow(),
        on_own_postgresql("one_connection", one_connection).slow(),
        on_own_postgresql("silent_listener", silent_listener).slow(),
        on_own_postgresql("server_away", server_away).slow(),
        scenario("hears::sqlite", || async {
            let folder = tempfile::tempdir()?;
            hears(sqlite(&folder)).await
        }),
        scenario("panics", panics).slow(),
        on_postgres("two_starts", two_starts),
        on_postgres("long_add", long_add).slow(),
        scenario("killed::sqlite", || async {
            let folder = tempfile::tempdir()?;
            killed(sqlite(&folder), None).await
        })
        .slow(),
        scenario("long_job", || async {
            let folder = tempfile::tempdir()?;
            long_job(sqlite(&folder)).await
        })
        .slow(),
        on_own_postgresql("killed::postgresql", |server| async move {
            killed(server.url(), Some(&server)).await
        })
        .slow(),
        on_postgres("idle", idle).measures().slow(),
        on_postgres("silent", silent),
        on_postgres("silent_stop", silent_stop),
        on_postgres("locked", locked).slow(),
        on_postgres("skips_locked", skips_locked),
        Scenario::new("nul_byte", Company::Any, || {
            let Ok(server) = env::var("DATABASE_URL") else {
                return cannot_run(NO_POSTGRESQL);
            };
            // A build may take longer than a scenario.
            let copy = build_changed(root(), "examples-advanced", "job_queue/worker", &NUL_BYTE)?;
            run(async {
                let schema = Schema::create(&server).await?;
                let done = nul_byte(&schema.url, &copy.path().join("job_queue")).await;
                schema.remove_after(done).await
            })
        })
        .slow(),
    ];
    scenarios.extend(on_both("priority", priority));
    scenarios.extend(on_both("add_nothing", add_nothing));
    scenarios.extend(on_both("nobody_reads", nobody_reads));
    scenarios.extend(on_both("refused", refused));
    scenarios.extend(on_both("lease", lease));
    scenarios.extend(on_both("attempts", attempts));
    scenarios.extend(on_both("counts", counts));
    scenarios.extend(on_both("stands_still", stands_still).map(Scenario::slow));
    scenarios.extend(on_both("last_claim", last_claim).map(Scenario::slow));
    scenarios.extend(on_both("delayed", delayed).map(|it| it.measures().slow()));
    scenarios
}

fn on_postgres<F>(name: &str, body: fn(String) -> F) -> Scenario
where
    F: Future<Output = Result<()>> + 'static,
{
    on_postgresql(name, move |server| async move {
        let schema = Schema::create(&server).await?;
        schema.remove_after(body(schema.url.clone()).await).await
    })
}

fn on_both<F>(name: &str, body: fn(String) -> F) -> [Scenario; 2]
where
    F: Future<Output = Result<()>> + 'static,
{
    let on_sqlite = scenario(&format!("{name}::sqlite"), move || async move {
        let folder = tempfile::tempdir()?;
        body(sqlite(&folder)).await
    });
    [on_sqlite, on_postgres(&format!("{name}::postgresql"), body)]
}

const CHARGED: &str = "SELECT COUNT(*) FROM charges";
const CLAIMED: &str = "SELECT COUNT(*) FROM jobs WHERE attempt > 0 AND NOT dead";
/// It changes nothing, and waits for SQLite's lock, which a worker may hold until then.
const NOBODY_WRITES: &str = "UPDATE jobs SET dead = dead WHERE id = 0";

/// Urgent jobs, though added last, are in the first batch of 100.
async fn priority(url: String) -> Result<()> {
    let mut processes = Processes::new("job_queue", &url)?;
    processes.run("add 400")?;
    processes.run("add 5 1")?;
    let _worker = processes.start("work 50")?;
    let mut database = connect(&url).await?;
    let urgent = "SELECT COUNT(*) FROM charges WHERE job > 400";
    wait(&mut database, urgent, 5).await?;
    let place = "SELECT MAX(id) FROM charges WHERE job > 400";
    let place = count(&mut database, place).await?;
    ensure!(place <= 100, "an urgent job was number {place}");
    Ok(database.close().await?)
}

/// A worker with nothing to do asks the server nothing. It finds a job even without
/// a notification, and at once with one.
async fn idle(url: String) -> Result<()> {
    let mut processes = Processes::new("job_queue", &url)?;
    let worker = processes.start("work 0")?;
    let mut database = connect(&url).await?;
    let table = "SELECT COUNT(*) FROM pg_tables
                 WHERE schemaname = current_schema() AND tablename = 'charges'";
    wait(&mut database, table, 1).await?;
    sleep(Duration::from_millis(1500)).await;

    let asked = "SELECT CAST(MAX(query_start) AS TEXT) FROM pg_stat_activity
                 WHERE application_name = current_schema()
                 AND pid <> pg_backend_pid()";
    let before = sqlx::query_scalar::<_, String>(asked);
    let before = before.fetch_one(&mut database).await?;
    let processor = processor_time(worker.id())?;
    sleep(Duration::from_secs(2)).await;
    let used = processor_time(worker.id())?.saturating_sub(processor);
    ensure!(
        used <= Duration::from_millis(10),
        "an idle worker used {used:?}"
    );
    let after = sqlx::query_scalar::<_, String>(asked);
    let after = after.fetch_one(&mut database).await?;
    ensure!(before == after, "an idle worker asked at {after}");

    let quiet = "INSERT INTO jobs (order_id, due) VALUES (2, now())";
    sqlx::query(quiet).execute(&mut database).await?;
    wait(&mut database, CHARGED, 1).await?;

    // It has just looked, and looks again after 5 s.
    processes.run("add 1")?;
    let start = Instant::now();
    wait(&mut database, CHARGED, 2).await?;
    let woken = start.elapsed();
    ensure!(woken < Duration::from_secs(3), "woken after {woken:?}");
    Ok(database.close().await?)
}

/// Workers that are killed in the middle of jobs, and one that stands still for
/// longer than its lease, on a server that is restarted as after a crash:
/// each job's effect is there once.
async fn killed(url: String, server: Option<&Postgres>) -> Result<()> {
    const JOBS: i64 = 3000;
    let mut processes = Processes::new("job_queue", &url)?;
    processes.run(&format!("add {JOBS}"))?;
    let mut database = connect(&url).await?;
    let mut workers = Vec::new();
    for _ in 0..5 {
        workers.push(processes.start("work 300")?);
    }
    let claimed = "SELECT COUNT(*) FROM (SELECT 1 FROM jobs WHERE attempt > 0 LIMIT 1) AS claimed";
    wait(&mut database, claimed, 1).await?;
    let stalled = workers[4].id();
    // From then on it works.
    while catches_interrupt(stalled) == Some(false) {
        sleep(Duration::from_millis(10)).await;
    }
    sleep(Duration::from_millis(350)).await;
    processes.shell(&format!("kill -STOP {stalled}"))?;
    let resume = Instant::now() + Duration::from_secs(3);
    for round in 0..3 {
        sleep(Duration::from_millis(350)).await;
        let under_way = count(&mut database, CLAIMED).await?;
        ensure!(under_way > 0, "round {round} has no job to interrupt");
        workers.remove(0).kill();
        if let (1, Some(server)) = (round, server) {
            server.control(&["restart", "-m", "immediate"])?;
            database = connect(&url).await?;
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

    charged_once(&mut database, JOBS).await?;
    Ok(database.close().await?)
}

/// A worker that stands still for two leases, in the middle of jobs that another
/// one does meanwhile: its results come too late, and it works on.
async fn stands_still(url: String) -> Result<()> {
    let mut processes = Processes::new("job_queue", &url)?;
    processes.run("add 100")?;
    let mut database = connect(&url).await?;
    // With as many jobs as it may have, it does not hold SQLite's lock.
    let mut still = processes.start("work 900")?;
    wait(&mut database, CLAIMED, 100).await?;
    database.execute(NOBODY_WRITES).await?;
    still.signal("STOP")?;
    let mut other = processes.start("work 10")?;
    wait(&mut database, CHARGED, 100).await?;
    sleep(Duration::from_secs(4)).await;
    still.signal("CONT")?;
    other.signal("TERM")?;
    processes.wait(&mut other)?;
    processes.run("add 10")?;
    wait(&mut database, CHARGED, 110).await?;
    still.signal("TERM")?;
    let status = processes.wait(&mut still)?;
    ensure!(status == 0, "{status}: {:?}", processes.output());
    let jobs = "SELECT COUNT(DISTINCT job) FROM charges";
    let jobs = count(&mut database, jobs).await?;
    let charges = count(&mut database, CHARGED).await?;
    ensure!(jobs == 110 && charges == 110, "{charges} charges of {jobs}");
    Ok(database.close().await?)
}

/// Only the worker that claimed a job last may finish it: another one that did
/// the job too, but whose lease is over, writes nothing. Its failures do not count
/// either, such as those of the orders 207 and 213.
async fn last_claim(url: String) -> Result<()> {
    let mut processes = Processes::new("job_queue", &url)?;
    processes.run("add 100")?;
    let mut database = connect(&url).await?;
    database
        .execute("UPDATE jobs SET order_id = 200 + id WHERE id IN (7, 13)")
        .await?;
    let mut first = processes.start("work 900")?;
    wait(&mut database, CLAIMED, 100).await?;
    // It learns of it a little later.
    sleep(Duration::from_millis(300)).await;
    database.execute(NOBODY_WRITES).await?;
    first.signal("STOP")?;
    sleep(Duration::from_millis(2100)).await;
    let last = processes.start("work 900")?;
    let claimed_twice = "SELECT COUNT(*) FROM jobs WHERE attempt = 2";
    wait(&mut database, claimed_twice, 100).await?;
    database.execute(NOBODY_WRITES).await?;
    last.signal("STOP")?;
    // It finishes what it has claimed, and claims no more.
    first.signal("TERM")?;
    first.signal("CONT")?;
    let status = processes.wait(&mut first)?;
    let output = processes.output();
    ensure!(
        status == 0 && output == ["worker: stopped, 100 jobs done, 0 left"],
        "the first worker is to do its 100 jobs, and ends with status {status}: {output:?}"
    );
    let charges = count(&mut database, CHARGED).await?;
    ensure!(
        charges == 0,
        "the first worker has written {charges} results"
    );
    let claimed = "SELECT COUNT(*) FROM jobs WHERE attempt = 2 AND NOT dead AND error IS NULL";
    let claimed = count(&mut database, claimed).await?;
    ensure!(
        claimed == 100,
        "the last worker has claimed 100 jobs, and the first one has changed {} of them",
        100 - claimed
    );
    last.signal("CONT")?;
    wait(&mut database, CHARGED, 98).await?;
    let jobs = "SELECT COUNT(DISTINCT job) FROM charges";
    let jobs = count(&mut database, jobs).await?;
    ensure!(jobs == 98, "{jobs} jobs are charged");
    Ok(database.close().await?)
}

/// A job that takes too long is given up, with that result, while its lease lasts:
/// nobody has claimed it a second time.
async fn long_job(url: String) -> Result<()> {
    let mut processes = Processes::new("job_queue", &url)?;
    processes.run("add 1")?;
    let mut database = connect(&url).await?;
    // A job that has failed would be claimed again soon.
    let once = "CREATE TRIGGER once AFTER UPDATE OF error ON jobs
                    BEGIN UPDATE jobs SET dead = true WHERE id = NEW.id; END";
    database.execute(once).await?;
    let _worker = processes.start("work 2500")?;
    let given_up = "SELECT COUNT(*) FROM jobs WHERE error LIKE 'it took longer than%'";
    wait(&mut database, given_up, 1).await?;
    let claims = count(&mut database, "SELECT attempt FROM jobs").await?;
    ensure!(claims == 1, "it was claimed {claims} times");
    Ok(database.close().await?)
}

/// A claim is valid for 2 s.
async fn lease(url: String) -> Result<()> {
    let mut processes = Processes::new("job_queue", &url)?;
    processes.run("add 100")?;
    let mut database = connect(&url).await?;
    let before = milliseconds()?;
    let _worker = processes.start("work 900")?;
    wait(&mut database, CLAIMED, 100).await?;
    let due = if url.starts_with("sqlite") {
        "SELECT MIN(due) FROM jobs"
    } else {
        "SELECT CAST(extract(epoch FROM MIN(due)) * 1000 AS BIGINT) FROM jobs"
    };
    let due = count(&mut database, due).await?;
    let after = milliseconds()?;
    // PostgreSQL's time is rounded.
    let lease = due - after - 1..=due - before;
    ensure!(
        lease.contains(&2000),
        "a claim is valid for 2000 ms, and not for {lease:?} ms"
    );
    Ok(database.close().await?)
}

/// Since 1970.
fn milliseconds() -> Result<i64> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(i64::try_from(now.as_millis())?)
}

/// A job that fails is tried five times, with a longer pause after each: 100, 200, 400
/// and 800 ms. One that five workers have not survived is not tried again.
async fn attempts(url: String) -> Result<()> {
    let mut processes = Processes::new("job_queue", &url)?;
    processes.run("add 2")?;
    let mut database = connect(&url).await?;
    for change in [
        "UPDATE jobs SET order_id = 207 WHERE id = 1",
        "UPDATE jobs SET attempt = 5 WHERE id = 2",
    ] {
        database.execute(change).await?;
    }
    let begin = Instant::now();
    let _worker = processes.start("work 0")?;
    wait(&mut database, "SELECT COUNT(*) FROM jobs WHERE NOT dead", 0).await?;
    let took = begin.elapsed();
    let dead = "SELECT attempt, error FROM jobs ORDER BY id";
    let dead: Vec<(i32, String)> = sqlx::query_as(dead).fetch_all(&mut database).await?;
    let right = [
        (5, "the bank does not answer"),
        (6, "no worker has survived it"),
    ];
    let right = right.map(|(attempt, error)| (attempt, error.to_string()));
    let charges = count(&mut database, CHARGED).await?;
    ensure!(
        dead == right && charges == 0,
        "{right:?} and no charge are expected, not {dead:?} and {charges}"
    );
    ensure!(
        took >= Duration::from_millis(1500),
        "the pauses take 1.5 s together, and five attempts took {took:?}"
    );
    Ok(database.close().await?)
}

/// `status` counts what there is, also a job that was charged twice.
async fn counts(url: String) -> Result<()> {
    let mut processes = Processes::new("job_queue", &url)?;
    processes.run("add 4")?;
    processes.run("add 3 -1")?;
    let mut database = connect(&url).await?;
    for change in [
        "UPDATE jobs SET dead = true WHERE id IN (1, 5)",
        "INSERT INTO charges (job, order_id, receipt)
             VALUES (8, 1, 'a'), (9, 2, 'b'), (9, 2, 'c')",
    ] {
        database.execute(change).await?;
    }
    processes.run("status")?;
    let output = processes.output();
    let right = "Status { ready: 3, later: 2, dead: 2, charged: 3, doubled: 1 }";
    ensure!(output == [right], "{right:?} is expected, not {output:?}");
    Ok(database.close().await?)
}

/// A worker that has nothing to do looks for new jobs ten times a second, since SQLite
/// has no notifications.
async fn hears(url: String) -> Result<()> {
    let mut processes = Processes::new("job_queue", &url)?;
    processes.run("add 1")?;
    let mut database = connect(&url).await?;
    let _worker = processes.start("work 0")?;
    wait(&mut database, CHARGED, 1).await?;
    let begin = Instant::now();
    processes.run("add 1")?;
    wait(&mut database, CHARGED, 2).await?;
    let took = begin.elapsed();
    ensure!(
        took < Duration::from_secs(3),
        "it heard of a new job after {took:?}, and not within 3 s"
    );
    Ok(database.close().await?)
}

/// A job that panics takes nothing else with it: the others are charged, the panic is
/// reported, and the worker stops as usual.
async fn panics() -> Result<()> {
    let panic = [(
        "        213 => Outcome::GiveUp",
        "        5 => panic!(\"told to\"),
        213 => Outcome::GiveUp",
    )];
    let copy = build_changed(root(), "examples-advanced", "job_queue/worker", &panic)?;
    let folder = tempfile::tempdir()?;
    let url = sqlite(&folder);
    let mut processes = Processes::new("job_queue", &url)?;
    processes.run("add 100")?;
    let mut database = connect(&url).await?;
    let path = copy.path().join("job_queue");
    let command = format!("exec '{}' work 10", path.display());
    let mut worker = processes.terminal.start(&command)?;
    wait(&mut database, CHARGED, 99).await?;
    worker.signal("TERM")?;
    let status = processes.wait(&mut worker)?;
    let output = processes.output();
    let reported = |line: &String| line.starts_with("worker: a job panicked: ");
    ensure!(
        status == 0
            && output.iter().any(reported)
            && output
                .iter()
                .any(|line| line == "worker: stopped, 99 jobs done, 0 left"),
        "a report of the panic, and 99 jobs done, are expected, not {status}: {output:?}"
    );
    Ok(database.close().await?)
}

/// Two processes create the tables at the same time: another transaction has just
/// created one, and gives it up when both wait.
async fn two_starts(url: String) -> Result<()> {
    let mut other = connect(&url).await?;
    other
        .execute("BEGIN; CREATE TABLE jobs (id bigint)")
        .await?;
    let mut processes = Processes::new("job_queue", &url)?;
    let mut starts = [processes.start("status")?, processes.start("status")?];
    let mut database = connect(&url).await?;
    let waiting = "SELECT COUNT(*) FROM pg_stat_activity
                   WHERE application_name = current_schema() AND wait_event_type = 'Lock'";
    wait(&mut database, waiting, 2).await?;
    other.execute("ROLLBACK").await?;
    for start in &mut starts {
        let status = processes.wait(start)?;
        let output = processes.output();
        ensure!(
            status == 0,
            "status 0 is expected, not {status}: {output:?}"
        );
    }
    Ok(database.close().await?)
}

/// Adding a million jobs may take longer than the statements of a worker may: here it
/// waits for 4 s.
async fn long_add(url: String) -> Result<()> {
    let mut processes = Processes::new("job_queue", &url)?;
    processes.run("status")?;
    let mut other = connect(&url).await?;
    other
        .execute("BEGIN; LOCK TABLE jobs IN SHARE MODE")
        .await?;
    let mut add = processes.start("add 1")?;
    sleep(Duration::from_secs(4)).await;
    other.execute("COMMIT").await?;
    let status = processes.wait(&mut add)?;
    let output = processes.output();
    ensure!(
        status == 0,
        "status 0 is expected, not {status}: {output:?}"
    );
    let jobs = count(&mut other, "SELECT COUNT(*) FROM jobs").await?;
    ensure!(jobs == 1, "one job is expected, not {jobs}");
    Ok(other.close().await?)
}

/// The server is away for 2 s: a worker tries again and again, with pauses, and works
/// on when it is back.
async fn server_away(server: Postgres) -> Result<()> {
    let mut processes = Processes::new("job_queue", &server.url())?;
    processes.run("add 1")?;
    let _worker = processes.start("work 0")?;
    let mut database = connect(&server.url()).await?;
    wait(&mut database, CHARGED, 1).await?;
    server.control(&["stop", "-m", "immediate"])?;
    sleep(Duration::from_secs(2)).await;
    let tries = processes.output().len();
    ensure!(
        (1..=10).contains(&tries),
        "1 to 10 tries in 2 s are expected, not {tries}"
    );
    server.control(&["start"])?;
    let mut database = connect(&server.url()).await?;
    processes.run("add 1")?;
    wait(&mut database, CHARGED, 2).await?;
    Ok(database.close().await?)
}

/// `add 0` adds nothing on either database.
async fn add_nothing(url: String) -> Result<()> {
    let mut processes = Processes::new("job_queue", &url)?;
    processes.run("add 0")?;
    processes.run("add 0 1")?;
    processes.run("status")?;
    let output = processes.output();
    let right = "Status { ready: 0, later: 0, dead: 0, charged: 0, doubled: 0 }";
    ensure!(output == [right], "{output:?}");
    Ok(())
}

/// What reads the output of `status` has left, as with `| head -0`.
async fn nobody_reads(url: String) -> Result<()> {
    let mut processes = Processes::new("job_queue", &url)?;
    let path = processes.path.display();
    processes.shell(&format!(
        "(sleep 0.2; '{path}' status; echo status $? >&2) | true; sleep 1"
    ))?;
    let output = processes.output();
    ensure!(output == ["status 0"], "{output:?}");
    Ok(())
}

/// A result that the database refuses, alone in its batch: that job is dead, with
/// the reason, and the others are charged. No job is done twice.
async fn refused(url: String) -> Result<()> {
    let mut processes = Processes::new("job_queue", &url)?;
    processes.run("add 100")?;
    let mut database = connect(&url).await?;
    let refuse = if url.starts_with("sqlite") {
        "CREATE TRIGGER refuse BEFORE INSERT ON charges WHEN NEW.order_id = 5
             BEGIN SELECT RAISE(ABORT, 'order 5 is refused'); END"
    } else {
        "ALTER TABLE charges ADD CONSTRAINT refuse CHECK (order_id <> 5)"
    };
    database.execute(refuse).await?;
    let mut worker = processes.start("work 10")?;
    one_is_dead(&mut database, "refuse").await?;
    worker.signal("TERM")?;
    processes.wait(&mut worker)?;
    let output = processes.output();
    ensure!(
        output == ["worker: stopped, 100 jobs done, 0 left"],
        "{output:?}"
    );
    Ok(database.close().await?)
}

/// A NUL byte in a receipt, which PostgreSQL refuses.
async fn nul_byte(url: &str, changed: &Path) -> Result<()> {
    let mut processes = Processes::new("job_queue", url)?;
    processes.run("add 100")?;
    let mut database = connect(url).await?;
    let command = format!("exec '{}' work 10", changed.display());
    let _worker = processes.terminal.start(&command)?;
    one_is_dead(&mut database, "0x00").await?;
    Ok(database.close().await?)
}

const NUL_BYTE: [(&str, &str); 1] = [(
    "Outcome::Charged(format!(\"receipt of order {order}\"))",
    "Outcome::Charged(if order == 5 { \"\\0\".into() } else { order.to_string() })",
)];

/// Of 100 orders, number 5 is dead after one attempt, for that reason.
async fn one_is_dead(database: &mut AnyConnection, reason: &str) -> Result<()> {
    wait(database, CHARGED, 99).await?;
    wait(database, "SELECT COUNT(*) FROM jobs WHERE NOT dead", 0).await?;
    let dead = "SELECT order_id, attempt, error FROM jobs";
    let dead: Vec<(i64, i32, String)> = sqlx::query_as(dead).fetch_all(database).await?;
    let is_right = matches!(&dead[..], [(5, 1, error)] if error.contains(reason));
    ensure!(is_right, "dead: {dead:?}");
    Ok(())
}

/// The worker's connections go silent, twice: it says so within a few seconds and
/// works on, also when it was idle.
async fn silent(url: String) -> Result<()> {
    let (relay, through) = Relay::to_postgres(&url)?;
    let mut processes = Processes::new("job_queue", &through)?;
    processes.run("add 150")?;
    let mut database = connect(&url).await?;
    let _worker = processes.start("work 900")?;
    wait(&mut database, CLAIMED, 100).await?;
    relay.go_silent();
    let begin = Instant::now();
    wait(&mut database, CHARGED, 150).await?;
    let took = begin.elapsed();
    ensure!(took < Duration::from_secs(9), "busy: {took:?}");
    let output = processes.output();
    let line = "worker: error communicating with database: no answer within 3s; connecting again";
    ensure!(output == [line], "{output:?}");

    relay.go_silent();
    let begin = Instant::now();
    processes.run("add 1")?;
    wait(&mut database, CHARGED, 151).await?;
    let took = begin.elapsed();
    ensure!(took < Duration::from_secs(15), "idle: {took:?}");
    let output = processes.output();
    ensure!(output == [line, line], "{output:?}");
    Ok(database.close().await?)
}

/// A silent database holds up no signal: the first one ends a worker within its
/// deadline, the second one immediately.
async fn silent_stop(url: String) -> Result<()> {
    let (relay, through) = Relay::to_postgres(&url)?;
    let mut processes = Processes::new("job_queue", &through)?;
    let mut database = connect(&url).await?;
    let mut one = processes.start("work 900")?;
    let mut other = processes.start("work 900")?;
    let listen = "SELECT COUNT(*) FROM pg_stat_activity
                  WHERE application_name = current_schema()
                  AND query LIKE 'LISTEN%' AND state = 'idle'";
    wait(&mut database, listen, 2).await?;
    processes.run("add 200")?;
    wait(&mut database, CLAIMED, 200).await?;
    // The workers learn of it a little later.
    sleep(Duration::from_millis(300)).await;
    relay.go_silent();
    sleep(Duration::from_secs(1)).await;
    for worker in [&one, &other] {
        worker.signal("TERM")?;
    }
    sleep(Duration::from_millis(200)).await;
    let begin = Instant::now();
    // Two signals may arrive as one, hence more of them.
    while one.ended()?.is_none() && begin.elapsed() < Duration::from_secs(2) {
        one.signal("TERM")?;
        sleep(Duration::from_millis(50)).await;
    }
    let took = begin.elapsed();
    let status = processes.wait(&mut one)?;
    ensure!(status == 0, "{status}");
    ensure!(took < Duration::from_secs(2), "second signal: {took:?}");
    let status = processes.wait(&mut other)?;
    let took = begin.elapsed();
    ensure!(status == 0, "{status}");
    ensure!(took < Duration::from_secs(6), "first signal: {took:?}");
    let output = processes.output();
    let stopped = "worker: stopped, 0 jobs done, 100 left";
    let count = output.iter().filter(|line| *line == stopped).count();
    ensure!(count == 2, "{output:?}");
    Ok(database.close().await?)
}

/// Somebody holds a lock on the table for 12 s. A worker asks again and again,
/// and does not leave a statement on the server each time.
async fn locked(url: String) -> Result<()> {
    let mut processes = Processes::new("job_queue", &url)?;
    processes.run("add 100")?;
    let mut database = connect(&url).await?;
    database.execute("BEGIN; LOCK TABLE jobs").await?;
    let _worker = processes.start("work 10")?;
    // The worker creates its tables at the start, which waits for the lock.
    let output = processes.output();
    ensure!(output.is_empty(), "{output:?}");
    database.execute("COMMIT").await?;
    wait(&mut database, CHARGED, 100).await?;

    database.execute("BEGIN; LOCK TABLE jobs").await?;
    sleep(Duration::from_secs(12)).await;
    let waiting = "SELECT COUNT(*) FROM pg_stat_activity
                   WHERE application_name = current_schema() AND wait_event_type = 'Lock'";
    let waiting = count(&mut database, waiting).await?;
    ensure!(waiting <= 1, "{waiting} statements wait for the lock");
    database.execute("COMMIT").await?;
    processes.run("add 1")?;
    wait(&mut database, CHARGED, 101).await?;
    Ok(database.close().await?)
}

/// Another worker is about to claim the first 50 jobs, and takes its time: the
/// others are claimed meanwhile, and then the worker does not ask all the time.
async fn skips_locked(url: String) -> Result<()> {
    let mut processes = Processes::new("job_queue", &url)?;
    processes.run("add 100")?;
    let mut other = connect(&url).await?;
    let claim = "BEGIN; SELECT id FROM jobs ORDER BY due, id LIMIT 50 FOR UPDATE";
    other.execute(claim).await?;
    let mut database = connect(&url).await?;
    let _worker = processes.start("work 10")?;
    wait(&mut database, CHARGED, 50).await?;
    // The server counts a backend's scans once a second.
    sleep(Duration::from_secs(3)).await;
    let scans = "SELECT CAST(seq_scan + COALESCE(idx_scan, 0) AS BIGINT)
                 FROM pg_stat_user_tables WHERE relid = 'jobs'::regclass";
    let scans = count(&mut database, scans).await?;
    ensure!(scans < 500, "{scans} scans for jobs that are locked");
    let output = processes.output();
    ensure!(output.is_empty(), "{output:?}");
    other.execute("ROLLBACK").await?;
    wait(&mut database, CHARGED, 100).await?;
    Ok(database.close().await?)
}

/// 100,000 jobs that are due tomorrow cost neither a claim nor an idle worker
/// anything.
async fn delayed(url: String) -> Result<()> {
    let mut processes = Processes::new("job_queue", &url)?;
    processes.run("add 100000 -1")?;
    let mut database = connect(&url).await?;
    let is_sqlite = url.starts_with("sqlite");
    if !is_sqlite {
        database.execute("ANALYZE jobs").await?;
    }
    let mut worker = processes.start("work 0")?;
    processes.run("add 100")?;
    wait(&mut database, CHARGED, 100).await?;
    let used = processor_time(worker.id())?;
    sleep(Duration::from_secs(2)).await;
    let used = processor_time(worker.id())?.saturating_sub(used);
    ensure!(used <= Duration::from_millis(100), "idle, it uses {used:?}");
    worker.signal("TERM")?;
    processes.wait(&mut worker)?;
    if !is_sqlite {
        // The server counts a backend's reads when it ends.
        sleep(Duration::from_secs(1)).await;
        let read = "SELECT CAST(seq_tup_read + idx_tup_fetch AS BIGINT)
                    FROM pg_stat_user_tables WHERE relid = 'jobs'::regclass";
        let read = count(&mut database, read).await?;
        // The one who analyzes and the one who adds are not counted here.
        ensure!(read < 20_000, "{read} rows read for 100 jobs");
    }
    Ok(database.close().await?)
}

/// Databases that keep nothing between runs, an address that is not a text or is not
/// there, and arguments that cannot be used: the error says so.
async fn refuses() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut processes = Processes::new("job_queue", &sqlite(&folder))?;
    let path = processes.path.display();
    for (variable, arguments, says) in [
        ("DATABASE_URL=sqlite::memory:", "add 5", "name a file"),
        ("DATABASE_URL=sqlite:", "add 5", "name a file"),
        ("DATABASE_URL=sqlite://", "status", "name a file"),
        ("DATABASE_URL='sqlite:a?mode=memory'", "work", "name a file"),
        ("DATABASE_URL=$(printf 'sqlite:\\377')", "", "not UTF-8"),
        ("", "add 1 40000", "40000: number too large"),
        ("", "add many", "many: invalid digit"),
        ("", "work soon", "soon: invalid digit"),
        ("", "add", "usage: add COUNT"),
        ("", "rest", "usage: add COUNT"),
        ("env -u DATABASE_URL", "status", "DATABASE_URL is not set"),
    ] {
        let command = format!("{variable} '{path}' {arguments}; test $? = 1");
        processes.shell(&command)?;
        let output = processes.output();
        let last = output.last().cloned().unwrap_or_default();
        ensure!(last.contains(says), "{command}: {output:?}");
    }
    Ok(())
}

/// The reader of the demonstration has left, as with `| head -0`: it is done all
/// the same, and removes what it has made.
async fn demonstration_unheard(url: String) -> Result<()> {
    let mut processes = Processes::new("job_queue", &url)?;
    let path = processes.path.display();
    processes.shell(&format!("('{path}'; echo status $? >&2) | true"))?;
    let output = processes.output();
    ensure!(output == ["status 0"], "{output:?}");
    let left = processes.terminal.left_behind()?;
    ensure!(left.is_empty(), "left behind: {left:?}");
    Ok(())
}

/// A server that allows one connection: the error says so.
async fn one_connection(server: Postgres) -> Result<()> {
    let role = "CREATE ROLE ann LOGIN CONNECTION LIMIT 1";
    let all = "GRANT ALL ON SCHEMA public TO ann";
    server.execute(&[role, all]).await?.close().await?;
    let mut processes = Processes::new("job_queue", &server.url().replace("postgres@", "ann@"))?;
    let path = processes.path.display();
    processes.shell(&format!("'{path}' status; test $? = 1"))?;
    let output = processes.output();
    let is_right = matches!(&output[..], [line] if line.contains("too many connections"));
    ensure!(is_right, "{output:?}");
    Ok(())
}

/// Only the connection goes silent on which an idle worker waits for news: the
/// worker says so within a few seconds, and hears of new jobs again.
async fn silent_listener(server: Postgres) -> Result<()> {
    let mut processes = Processes::new("job_queue", &server.url())?;
    let _worker = processes.start("work 0")?;
    let mut database = connect(&server.url()).await?;
    let listens = "SELECT COUNT(*) FROM pg_stat_activity
                   WHERE query LIKE 'LISTEN%' AND state = 'idle'";
    wait(&mut database, listens, 1).await?;
    let listener = "SELECT CAST(pid AS BIGINT) FROM pg_stat_activity
                    WHERE query LIKE 'LISTEN%' AND state = 'idle'";
    let listener = count(&mut database, listener).await?;
    processes.shell(&format!("kill -STOP {listener}"))?;
    // It asks its listener after 5 s, and waits for the answer for 3 s.
    wait(&mut database, listens, 2).await?;
    processes.shell(&format!("kill -CONT {listener}"))?;
    let output = processes.output();
    let line = "worker: error communicating with database: no answer within 3s; connecting again";
    ensure!(output == [line], "{output:?}");
    processes.run("add 1")?;
    let begin = Instant::now();
    wait(&mut database, CHARGED, 1).await?;
    let took = begin.elapsed();
    ensure!(
        took < Duration::from_secs(3),
        "it heard of it after {took:?}"
    );
    Ok(database.close().await?)
}

async fn no_schema_is_left(server: &Postgres) -> Result<()> {
    let mut database = connect(&server.url()).await?;
    let left = "SELECT COUNT(*) FROM pg_namespace WHERE nspname LIKE 'job_queue%'";
    let left = count(&mut database, left).await?;
    ensure!(left == 0, "{left} schemas are left");
    Ok(database.close().await?)
}

/// SIGTERM in the middle of the demonstration: its workers are gone, and so is
/// its folder.
async fn demonstration_stopped(server: Option<&str>) -> Result<()> {
    let mut terminal = Terminal::open()?;
    if let Some(url) = server {
        terminal.set("DATABASE_URL", url);
    }
    let mut lines = Vec::new();
    let mut job = terminal.start(&format!("exec '{}'", binary("job_queue")?.display()))?;
    let deadline = Instant::now() + Duration::from_secs(10);
    while lines
        .iter()
        .all(|line: &Line| !line.text.contains("3 other"))
    {
        let came = terminal.read_until(deadline, &mut lines)?;
        ensure!(came, "{lines:?}");
    }
    job.signal("TERM")?;
    let status = terminal.wait(&mut job, deadline, &mut lines)?;
    ensure!(status == Some(0), "{status:?}: {lines:?}");
    let left = terminal.left_behind()?;
    ensure!(left.is_empty(), "left behind: {left:?}");
    // Orphans would keep the terminal open.
    let stopped = lines.last().map(|line| line.text.as_str());
    ensure!(stopped == Some("stopped by a signal"), "{lines:?}");
    Ok(())
}

/// All orders but 207 and 213 of each `add` are charged, and once.
async fn charged_once(database: &mut AnyConnection, jobs: i64) -> Result<()> {
    let charges = count(database, CHARGED).await?;
    let orders = "SELECT COUNT(DISTINCT order_id) FROM charges";
    let orders = count(database, orders).await?;
    ensure!(orders == jobs - 2, "{orders} of {jobs} orders were charged");
    ensure!(charges == orders, "{charges} charges of {orders} orders");
    let dead = "SELECT order_id FROM jobs ORDER BY order_id";
    let dead: Vec<i64> = sqlx::query_scalar(dead).fetch_all(database).await?;
    ensure!(dead == [207, 213], "dead: {dead:?}");
    Ok(())
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
