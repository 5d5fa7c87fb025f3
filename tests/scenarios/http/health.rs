//! `health` as a supervisor, a load balancer and its clients see it.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use harness::Server;
use harness::repository::build_changed;
use harness::workspace::root;
use tempfile::TempDir;
use tokio::time::sleep;

use crate::scenarios::support::http::{Client, refuses};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("database", database).slow(),
        scenario("grace", grace).slow(),
        scenario("stops_without_database", stops_without_database).slow(),
    ]
}

/// How long the slow handler of the copy takes: much longer than the grace.
const SLOW: Duration = Duration::from_secs(6);
/// The grace of the copy: longer than the machine stands still.
const GRACE: Duration = Duration::from_secs(2);

/// Without its database, the server is alive and not ready. When the database
/// is back, it is ready again, without a restart.
async fn database() -> Result<()> {
    let (mut server, _copy) = start()?;
    let mut client = Client::connect(server.address).await?;
    for case in ["at first", "when the database is back"] {
        client.get("/health").await?.is(200, "").context(case)?;
        client.get("/ready").await?.is(200, "").context(case)?;
        client.get("/toggle").await?.is(200, "")?;
        let down = "when the database is down";
        client.get("/health").await?.is(200, "").context(down)?;
        client.get("/ready").await?.is(503, "").context(down)?;
        client.get("/toggle").await?.is(200, "")?;
    }
    server.signal("TERM")?;
    server.ends(Duration::from_secs(5), &["stopped"])
}

/// A server that is told to stop says so on `/ready`. Until the grace is over,
/// it accepts connections and answers, and then it finishes what it has begun. A
/// client that stays connected does not keep it.
async fn grace() -> Result<()> {
    let (mut server, _copy) = start()?;
    let mut stays = Client::connect(server.address).await?;
    stays.get("/ready").await?.is(200, "")?;
    // Its grace counts from the stop, and not from its start.
    sleep(2 * GRACE).await;

    let told = Instant::now();
    server.signal("TERM")?;
    let goes_on = "it is to answer in its grace";
    while stays.get("/ready").await.context(goes_on)?.status == 200 {
        let took = told.elapsed();
        ensure!(took < GRACE, "it is still ready {took:?} after the signal");
    }
    let new = async {
        let mut balancer = Client::connect(server.address).await?;
        balancer.get("/ready").await?.is(503, "")?;
        let mut supervisor = Client::connect(server.address).await?;
        supervisor.get("/health").await?.is(200, "")?;
        Client::connect(server.address).await
    };
    let mut late = new.await.context("a new client in its grace")?;
    let slow = async {
        let answer = late.get("/slow").await;
        let answer = answer.context("a request that begins in its grace")?;
        answer.is(200, "a slow answer")
    };
    let closes = async {
        refuses(server.address).await?;
        Ok(told.elapsed())
    };
    let ((), closed) = tokio::try_join!(slow, closes)?;
    ensure!(closed >= GRACE, "it accepts no more after {closed:?}");
    ensure!(
        closed < SLOW,
        "it accepts clients for {closed:?}, although it stops"
    );
    server.ends(Duration::from_secs(5), &["stopped"])
}

/// A server without its database stops as any other.
async fn stops_without_database() -> Result<()> {
    let (mut server, _copy) = start()?;
    let mut client = Client::connect(server.address).await?;
    client.get("/toggle").await?.is(200, "")?;
    let told = Instant::now();
    server.signal("TERM")?;
    client.get("/health").await?.is(200, "")?;
    client.get("/ready").await?.is(503, "")?;
    server.ends(Duration::from_secs(5), &["stopped"])?;
    let took = told.elapsed();
    ensure!(took >= GRACE, "it stopped after {took:?}");
    Ok(())
}

/// Starts a copy that serves until SIGTERM. `/toggle` takes its database away,
/// and brings it back.
fn start() -> Result<(Server, TempDir)> {
    let toggle = "async |State(service): State<Service>| {
            service.is_database_down.fetch_xor(true, Relaxed);
        }";
    let slow = format!(
        "async || {{
            sleep(Duration::from_millis({})).await;
            \"a slow answer\"
        }}",
        SLOW.as_millis()
    );
    let broken = "        .route(\"/broken\", get(broken))\n";
    let routes = format!(
        "{broken}        .route(\"/toggle\", get({toggle}))\n        .route(\"/slow\", get({slow}))\n"
    );
    let begin = "    println!(\"all is well: {}\", ask(&client, &url).await?);\n";
    let waits = "    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    println!(\"listening on {url}\");
    terminate.recv().await;
    let _ = (ask, client);
";
    let changes = [
        (
            "GRACE: Duration = Duration::from_millis(500)",
            "GRACE: Duration = Duration::from_secs(2)",
        ),
        (broken, routes.as_str()),
        (begin, waits),
        ("    service.is_database_down.store(true, Relaxed);\n", ""),
        (
            "    println!(\"the database is down: {}\", ask(&client, &url).await?);\n",
            "",
        ),
        ("    service.is_database_down.store(false, Relaxed);\n", ""),
        (
            "    println!(\"told to stop: {}\", ask(&client, &url).await?);\n",
            "",
        ),
    ];
    let copy = build_changed(root(), "examples-http", "health", &changes)?;
    let path = copy.path().join("health");
    Ok((Server::run(&format!("exec '{}'", path.display()))?, copy))
}
