//! `hello_server` with many, slow and silent clients.

use std::pin::pin;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use harness::Server;
use harness::repository::build_changed;
use harness::workspace::root;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::scenarios::support::faults::MANY_DESCRIPTORS;
use crate::scenarios::support::http::{Client, HALF, TELLING_HANDLER, TELLING_LAYER};
use crate::scenarios::support::runner::{Scenario, scenario};
use crate::scenarios::support::{clients, faults, http};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("connections", connections).slow(),
        scenario("timeouts", timeouts).slow(),
        scenario("layers", layers).slow(),
        scenario("drain", drain),
        scenario("half_a_request", || http::half_a_request("hello_server")).slow(),
        scenario("second_signal", || http::second_signal("hello_server")),
        scenario("back_off", || http::back_off("hello_server 127.0.0.1:0")),
        scenario("unheard", || faults::unheard("hello_server 127.0.0.1:0")),
        #[cfg(unix)]
        scenario("early_signal", || {
            faults::early_signal("hello_server 127.0.0.1:0")
        }),
    ]
}

/// A request whose head is not complete at the stop is still answered.
async fn drain() -> Result<()> {
    let (before, after) = ("GET / HTTP/1.1\r\nhost: ", "x\r\n\r\n");
    let answer = http::drain("hello_server", before, after).await?;
    ensure!(
        answer.starts_with("HTTP/1.1 200 OK\r\n")
            && answer.ends_with("{\"message\":\"Hello, World!\"}"),
        "{answer}"
    );
    Ok(())
}

/// The layers of a router without state are built once, not for each request.
async fn layers() -> Result<()> {
    let route = r#"Router::new().route("/", get(handler));"#;
    let telling = format!(
        r#"Router::new().route("/", get(handler)).route("/told", {TELLING_HANDLER}){TELLING_LAYER};"#
    );
    let changes = [(route, telling.as_str())];
    let copy = build_changed(root(), "examples-http", "hello_server", &changes)?;
    let path = copy.path().join("hello_server");
    let mut server = Server::run(&format!("exec '{}' 127.0.0.1:0", path.display()))?;
    for _ in 0..2 {
        let mut client = Client::connect(server.address).await?;
        for _ in 0..2 {
            client.get("/told").await?.is(200, "")?;
        }
    }
    server.signal("TERM")?;
    server.ends(
        Duration::from_secs(2),
        &["stopped: all requests were answered"],
    )?;
    http::built_once(&server.output(), 4)
}

/// Of 1,001 clients the last one waits until another has left.
async fn connections() -> Result<()> {
    // A busy machine may take a while, in which no client may be closed.
    let patient = [(
        "HEAD_TIMEOUT: Duration = Duration::from_secs(10)",
        "HEAD_TIMEOUT: Duration = Duration::from_secs(100)",
    )];
    let copy = build_changed(root(), "examples-http", "hello_server", &patient)?;
    let path = copy.path().join("hello_server");
    let server = Server::run(&format!(
        "{MANY_DESCRIPTORS} exec '{}' 127.0.0.1:0",
        path.display()
    ))?;
    let mut open = Vec::new();
    for number in 0..1000 {
        let mut client = Client::connect(server.address).await?;
        let answer = client.get("/").await;
        let answer = answer.with_context(|| format!("client {number}"))?;
        answer.is(200, "Hello")?;
        open.push(client);
    }
    let mut last = Client::connect(server.address).await?;
    let mut answer = pin!(last.get("/"));
    let early = timeout(Duration::from_millis(300), &mut answer).await;
    ensure!(early.is_err(), "1,001 clients are served");
    open.pop();
    let answer = answer.await.context("when another has left")?;
    answer.is(200, "Hello")
}

/// A connection closes after ten seconds if it sends half a head, if it is idle,
/// and if it does not read its answers.
async fn timeouts() -> Result<()> {
    let server = Server::start("hello_server", "")?;
    let request = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";

    let silent = async |sent: &[u8]| {
        let start = Instant::now();
        let mut client = TcpStream::connect(server.address).await?;
        client.write_all(sent).await?;
        clients::closed(&mut client).await?;
        anyhow::Ok(start.elapsed())
    };
    let deaf = async {
        let mut client = TcpStream::connect(server.address).await?;
        let start = Instant::now();
        let mut last = start;
        while client.write_all(&request.repeat(100)).await.is_ok() {
            last = Instant::now();
        }
        anyhow::Ok((start.elapsed(), last.elapsed()))
    };
    let ended = async { tokio::try_join!(silent(HALF), silent(request), deaf) };
    let ended = timeout(Duration::from_secs(60), ended).await;
    let (half, idle, (deaf, stuck)) = ended.context("a connection stays")??;
    for (case, took) in [("half", half), ("idle", idle)] {
        let took = took.as_secs_f64();
        ensure!((9.9..14.0).contains(&took), "{case}: {took} s");
    }
    // Until the buffers are full, it is served.
    ensure!(deaf >= Duration::from_secs(10), "deaf: {deaf:?}");
    ensure!(
        stuck < Duration::from_secs(14),
        "a client that does not read is to be closed after 10 s, not {stuck:?}"
    );
    Ok(())
}
