//! The proxy of examples-io under load and under faults.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use libtest_mimic::Trial;
use tests::workspace::binary;
use tests::{Server, Terminal};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::clients::{
    ask, burst, closed, flood, growth, idle_memory, pattern, refused_addresses,
    reset,
};
use super::{alone, scenario};

pub fn tests() -> Vec<Trial> {
    vec![
        scenario("io::proxy_any_bytes", any_bytes),
        scenario("io::proxy_upstream_half_closes", upstream_half_closes),
        scenario("io::proxy_resets", resets),
        scenario("io::proxy_upstream_down", upstream_down),
        scenario("io::proxy_refused_addresses", addresses),
        scenario("io::proxy_descriptors", descriptors).with_ignored_flag(true),
        scenario("io::proxy_deadline", deadline).with_ignored_flag(true),
        scenario("io::proxy_idle_limit", idle_limit).with_ignored_flag(true),
        alone("io::proxy_all_at_once", all_at_once).with_ignored_flag(true),
        alone("io::proxy_burst", many).with_ignored_flag(true),
        alone("io::proxy_idle_memory", idle).with_ignored_flag(true),
    ]
}

fn proxy(upstream: SocketAddr, setup: &str) -> Result<Server> {
    let path = binary("proxy")?.display();
    // What would follow knows one argument only.
    let command = format!("{setup} exec '{path}' 127.0.0.1:0 {upstream} #");
    Server::start("proxy", &command)
}

/// Messages of many sizes; then 5 MB, the half-close, and the rest.
async fn any_bytes() -> Result<()> {
    let echo = Server::start("echo", "")?;
    let proxy = proxy(echo.address, "")?;
    let mut client = TcpStream::connect(proxy.address).await?;
    for size in [1, 1024, 8191, 65_535, 65_536, 65_537, 1_000_000] {
        ask(&mut client, &pattern(size)).await?;
    }
    let all = pattern(5_000_000);
    let (mut from_server, mut to_server) = client.split();
    let send = async {
        to_server.write_all(&all).await?;
        to_server.shutdown().await
    };
    let mut answer = Vec::new();
    let (sent, received) =
        tokio::join!(send, from_server.read_to_end(&mut answer));
    sent?;
    received?;
    ensure!(answer == all, "{} of {} bytes", answer.len(), all.len());
    Ok(())
}

/// The server ends its direction first; the client's still goes on.
async fn upstream_half_closes() -> Result<()> {
    let upstream = TcpListener::bind("127.0.0.1:0").await?;
    let proxy = proxy(upstream.local_addr()?, "")?;
    let mut client = TcpStream::connect(proxy.address).await?;
    let (mut server, _) = upstream.accept().await?;
    server.write_all(b"bye").await?;
    server.shutdown().await?;
    let mut answer = String::new();
    client.read_to_string(&mut answer).await?;
    ensure!(answer == "bye", "{answer:?}");
    let all = pattern(1_000_000);
    let send = async {
        client.write_all(&all).await?;
        client.shutdown().await
    };
    let mut received = Vec::new();
    let (sent, read) = tokio::join!(send, server.read_to_end(&mut received));
    sent?;
    read?;
    ensure!(received == all, "{} of {} bytes", received.len(), all.len());
    Ok(())
}

/// A reset on one side is one on the other: not an end, which would make half
/// an answer look like a whole one.
async fn resets() -> Result<()> {
    let upstream = TcpListener::bind("127.0.0.1:0").await?;
    let mut proxy = proxy(upstream.local_addr()?, "")?;
    for from_client in [false, true] {
        let mut client = TcpStream::connect(proxy.address).await?;
        let (mut server, _) = upstream.accept().await?;
        server.write_all(b"half an").await?;
        let mut half = [0; 7];
        client.read_exact(&mut half).await?;
        let (broken, mut other) =
            if from_client { (client, server) } else { (server, client) };
        broken.set_zero_linger()?;
        drop(broken);
        let end = other.read(&mut half).await;
        ensure!(end.is_err(), "from client {from_client}: {end:?}");
    }
    let start = Instant::now();
    while proxy.output().len() < 3 && start.elapsed().as_secs() < 10 {
        sleep(Duration::from_millis(10)).await;
    }
    let output = proxy.output();
    ensure!(output.len() == 3, "{output:?}");
    ensure!(output[1..].iter().all(|it| it.contains("reset")), "{output:?}");
    Ok(())
}

/// No upstream: a line that names it, a reset for the client, and service again
/// as soon as there is one.
async fn upstream_down() -> Result<()> {
    // Bound and not listening: it refuses, and nobody else gets the port.
    let upstream = TcpSocket::new_v4()?;
    upstream.bind(([127, 0, 0, 1], 0).into())?;
    let address = upstream.local_addr()?;
    let mut proxy = proxy(address, "")?;
    // The reset may come before the connection is known to stand.
    let end = match TcpStream::connect(proxy.address).await {
        Ok(mut client) => client.read(&mut [0]).await,
        Err(error) => Err(error),
    };
    ensure!(end.is_err(), "{end:?}");
    proxy.wait_for("127.0.0.1:")?;
    let output = proxy.output();
    let error = format!("cannot reach {address}: ");
    ensure!(output.len() == 2 && output[1].contains(&error), "{output:?}");

    let upstream = upstream.listen(8)?;
    let mut client = TcpStream::connect(proxy.address).await?;
    let (mut server, _) = upstream.accept().await?;
    client.write_all(b"again").await?;
    let mut word = [0; 5];
    server.read_exact(&mut word).await?;
    ensure!(&word == b"again");
    Ok(())
}

async fn addresses() -> Result<()> {
    let echo = Server::start("echo", "")?;
    let proxy = proxy(echo.address, "")?;
    refused_addresses("proxy", proxy.address)?;
    let mut terminal = Terminal::open()?;
    let path = binary("proxy")?.display();
    let mut job = terminal.start(&format!("'{path}' 127.0.0.1:0 nowhere"))?;
    let mut lines = Vec::new();
    let deadline = Instant::now() + Duration::from_secs(10);
    let status = terminal.wait(&mut job, deadline, &mut lines)?;
    let text = "Error: cannot forward to nowhere: invalid socket address";
    let said = lines.iter().any(|line| line.text.starts_with(text));
    ensure!(status == Some(1) && said, "{status:?} {lines:?}");
    Ok(())
}

/// Without a file descriptor the next clients wait, or are reset when there is
/// none for the way to the server; those that are served are served whole.
async fn descriptors() -> Result<()> {
    let echo = Server::start("echo", "")?;
    let mut proxy = proxy(echo.address, "ulimit -n 32;")?;
    let before = proxy.processor_time();
    let mut clients = JoinSet::new();
    for _ in 0..80 {
        let mut client = TcpStream::connect(proxy.address).await?;
        clients.spawn(async move {
            let served = ask(&mut client, b"me too").await.is_ok();
            sleep(Duration::from_millis(500)).await;
            served
        });
    }
    let mut served = 0;
    while let Some(client) = clients.join_next().await {
        served += usize::from(client?);
    }
    ensure!(served >= 10, "{served} clients were served");
    let start = Instant::now();
    loop {
        let mut late = TcpStream::connect(proxy.address).await?;
        let Err(error) = ask(&mut late, b"after them").await else { break };
        ensure!(start.elapsed() < Duration::from_secs(5), "{error:#}");
        sleep(Duration::from_millis(200)).await;
    }
    if let (Some(before), Some(after)) = (before, proxy.processor_time()) {
        let used = after.saturating_sub(before);
        ensure!(used < Duration::from_millis(300), "used {used:?}: it spins");
    }
    let output = proxy.output();
    let told = output.iter().filter(|it| it.contains("cannot reach")).count();
    ensure!(told + served >= 80, "{served} served; {output:?}");
    Ok(())
}

/// At SIGTERM: refuses the late, serves the others until they end or are cut at
/// the deadline, and counts them.
async fn deadline() -> Result<()> {
    let echo = Server::start("echo", "")?;
    let mut proxy = proxy(echo.address, "")?;
    let mut leaving = TcpStream::connect(proxy.address).await?;
    let mut staying = TcpStream::connect(proxy.address).await?;
    ask(&mut leaving, b"one").await?;
    ask(&mut staying, b"two").await?;
    proxy.signal("TERM")?;
    proxy.wait_for("stopping: 2 connections")?;
    let start = Instant::now();
    let late = TcpStream::connect(proxy.address).await;
    ensure!(late.is_err(), "it still accepts: {late:?}");
    ask(&mut leaving, &pattern(100_000)).await?;
    drop(leaving);
    closed(&mut staying).await?;
    ensure!(start.elapsed() > Duration::from_millis(2500), "{start:?}");
    let status = proxy.wait(Duration::from_secs(2))?;
    let output = proxy.output();
    ensure!(status == 0, "exit status {status}");
    ensure!(output[2] == "stopped: 1 drained, 1 cut", "{output:?}");
    Ok(())
}

/// A minute of silence both ways ends a connection; a word each way does not
/// have to come from both sides.
async fn idle_limit() -> Result<()> {
    let upstream = TcpListener::bind("127.0.0.1:0").await?;
    let mut proxy = proxy(upstream.local_addr()?, "")?;
    let mut silent = TcpStream::connect(proxy.address).await?;
    let (_first, _) = upstream.accept().await?;
    let mut one_way = TcpStream::connect(proxy.address).await?;
    let (_second, _) = upstream.accept().await?;
    let start = Instant::now();
    let word_a_while = async {
        loop {
            one_way.write_all(b"x").await?;
            sleep(Duration::from_secs(20)).await;
        }
    };
    let word_a_while: std::io::Result<()> = tokio::select! {
        end = closed(&mut silent) => end.map(drop).map_err(std::io::Error::other),
        end = word_a_while => end,
    };
    word_a_while.context("the connection that spoke one way")?;
    let lasted = start.elapsed().as_secs();
    ensure!((59..65).contains(&lasted), "closed after {lasted} s");
    let output = proxy.output();
    ensure!(output.len() == 2, "{output:?}");
    ensure!(output[1].ends_with("timed out"), "{output:?}");
    Ok(())
}

/// All faults, while good clients get every byte back; the memory stays flat.
async fn all_at_once() -> Result<()> {
    let echo = Server::start("echo", "")?;
    let mut proxy = proxy(echo.address, "")?;
    let address = proxy.address;
    let mut good = JoinSet::new();
    for _ in 0..8 {
        good.spawn(async move {
            let mut client = TcpStream::connect(address).await?;
            for round in 1..200 {
                ask(&mut client, &pattern(round * 97)).await?;
                sleep(Duration::from_millis(5)).await;
            }
            anyhow::Ok(())
        });
    }
    sleep(Duration::from_millis(100)).await;
    let before = proxy.memory();
    let mut stuck = Vec::new();
    let block = pattern(256 * 1024);
    for _ in 0..10 {
        reset(address, &block).await?;
        stuck.push(flood(address, &block).await?);
        stuck.push(TcpStream::connect(address).await?);
        let growth = growth(&proxy, before);
        // A buffer for each that is stuck.
        ensure!(growth < 500_000 + stuck.len() * 75_000, "{growth} bytes");
    }
    while let Some(client) = good.join_next().await {
        client??;
    }
    // Let it see that they have gone.
    sleep(Duration::from_millis(300)).await;
    proxy.signal("TERM")?;
    let status = proxy.wait(Duration::from_secs(5))?;
    let output = proxy.output();
    ensure!(status == 0, "exit status {status}");
    let last = output.last().map(String::as_str);
    ensure!(last == Some("stopped: 0 drained, 20 cut"), "{output:?}");
    ensure!(!output.concat().contains("panicked"), "{output:?}");
    Ok(())
}

async fn many() -> Result<()> {
    super::more_descriptors()?;
    let echo = Server::start("echo", "")?;
    let proxy = proxy(echo.address, "")?;
    burst(&proxy, b"one of many", b"one of many").await
}

async fn idle() -> Result<()> {
    super::more_descriptors()?;
    let echo = Server::start("echo", "")?;
    let proxy = proxy(echo.address, "")?;
    // Each takes two of the proxy's descriptors, of which there may be 20,000.
    let each =
        idle_memory(&proxy, 5000, b"one of many", b"one of many").await?;
    ensure!(each < 6000, "{each} bytes for each connection");
    Ok(())
}
