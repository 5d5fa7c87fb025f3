//! What servers of examples-io do not show as they are, and is therefore shown
//! by copies of them with another line or two: a panic in the task of one
//! connection, a pause that lasts.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::Server;
use harness::repository::build_changed;
use harness::workspace::root;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::scenarios::support::clients::{Address, closed, exchange};

pub struct Case {
    pub server: &'static str,
    /// What stands in the server's file once, and what comes in its place.
    pub changes: &'static [(&'static str, &'static str)],
    /// A client's first words, its number being `#`, and the answer.
    pub hello: [&'static str; 2],
    /// What it says from then on, and the answer.
    pub talk: [&'static str; 2],
    /// The last lines of the server, stopped with five clients.
    pub stopped: &'static [&'static str],
}

/// A change that puts a panic before what stands there.
macro_rules! before {
    ($what:literal, $panic:literal) => {
        ($what, concat!($panic, "\n", $what))
    };
}
pub(crate) use before;

pub const DRAINED: &[&str] = &[
    "stopping: 5 connections have 3s",
    "stopped: 5 drained, 0 cut",
];

pub const FINISHED: &[&str] = &[
    "stopping: 5 connections still open",
    "stopped: 5 drained, 0 cut",
];

/// Starts a server with these changes; only the proxy looks at `upstream`.
pub fn start_changed(
    server: &str,
    changes: &[(&str, &str)],
    upstream: &str,
) -> Result<(Server, TempDir)> {
    let copy = build_changed(root(), "examples-io", server, changes)?;
    let path = copy.path().join(server);
    let command = format!("exec '{}' 127.0.0.1:0 {upstream} #", path.display());
    Ok((Server::start(server, &command)?, copy))
}

pub async fn panic(case: &Case) -> Result<()> {
    let upstream = Server::start("echo", "")?;
    let address = upstream.address.to_string();
    let (server, _copy) = start_changed(case.server, case.changes, &address)?;
    survives_panics(case, server).await
}

/// One of its tasks panics, five times: each panic's message appears, the server
/// answers all others, accepts new ones, and counts right when it stops.
async fn survives_panics<A: Address>(case: &Case, mut server: Server<A>) -> Result<()> {
    let served = panic_five_times(case, &server.address).await;
    let good = served.with_context(|| format!("{:?}", server.output()))?;

    server.signal("TERM")?;
    server.wait_for(case.stopped[0])?;
    drop(good);
    let status = server.wait(Duration::from_secs(2))?;
    let output = server.output();
    let last = &output[output.len().saturating_sub(case.stopped.len())..];
    ensure!(status == 0 && last == case.stopped, "{status}: {output:?}");
    let reports = output.iter().filter(|line| *line == "told to").count();
    ensure!(reports == 5, "{reports} reports of 5: {output:?}");
    Ok(())
}

/// Gives five clients that have been served all along, or since then.
async fn panic_five_times<A: Address>(case: &Case, address: &A) -> Result<Vec<A::Client>> {
    let [words, answer] = case.talk.map(str::as_bytes);
    let mut good = Vec::new();
    for number in 0..4 {
        good.push(greet(case, address, number).await?);
    }
    for time in 1..=5 {
        let mut bad = greet(case, address, 4).await?;
        let panic = async {
            exchange(&mut bad, b"PANIC\n", b"").await?;
            closed(&mut bad).await
        };
        let talk = async {
            for client in &mut good {
                let served = exchange(client, words, answer).await;
                served.with_context(|| format!("beside panic {time}"))?;
            }
            Ok(())
        };
        tokio::try_join!(panic, talk)?;
    }
    good.push(greet(case, address, 4).await.context("a new client")?);
    for client in &mut good {
        exchange(client, words, answer).await?;
    }
    Ok(good)
}

async fn greet<A: Address>(case: &Case, address: &A, number: usize) -> Result<A::Client> {
    let mut client = address.connect().await?;
    let [words, answer] = case
        .hello
        .map(|text| text.replace('#', &number.to_string()));
    exchange(&mut client, words.as_bytes(), answer.as_bytes()).await?;
    Ok(client)
}

/// Without a descriptor for the next client, a server waits before it tries again;
/// here for an hour. A connection that closes does not cut the pause short. The
/// server hears Ctrl-C all the same, and so also the second one.
pub async fn stops_in_back_off(server: &str, pause: &str, drains: bool) -> Result<()> {
    let pause = format!("sleep(Duration::{pause})");
    let hour = [(pause.as_str(), "sleep(Duration::from_secs(3600))")];
    let copy = build_changed(root(), "examples-io", server, &hour)?;
    let path = copy.path().join(server);
    let command = format!("ulimit -n 24; exec '{}' 127.0.0.1:0 #", path.display());
    let mut server = Server::start(server, &command)?;
    let mut clients = Vec::new();
    for _ in 0..24 {
        clients.push(TcpStream::connect(server.address).await?);
    }
    server.wait_for("cannot accept: ")?;
    drop(clients.remove(0));
    sleep(Duration::from_millis(300)).await;
    let output = server.output();
    let tries = output.iter().filter(|it| it.starts_with("cannot accept"));
    ensure!(tries.count() == 1, "it has tried again: {output:?}");
    server.signal("INT")?;
    if drains {
        server.wait_for("stopping: ")?;
        server.signal("INT")?;
    }
    let status = server.wait(Duration::from_secs(2))?;
    ensure!(status == 0, "exit status {status}: {:?}", server.output());
    Ok(())
}
