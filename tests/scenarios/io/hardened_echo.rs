//! The hardened echo server of examples-io under load and under faults.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use harness::Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::scenarios::support::changed::{self, Case, DRAINED, before};
use crate::scenarios::support::clients::{
    self, answers, ask, closed, early_signal, flood, growth, lines, long_message, names, packets,
    pattern, peak_growth, reset, talk,
};
use crate::scenarios::support::runner::{Scenario, alone, alone_if, more_descriptors, scenario};

pub fn scenarios() -> Vec<Scenario> {
    let mut tests = vec![
        scenario("any_bytes", any_bytes),
        scenario("packets", in_packets),
        scenario("long_message", one_long_message),
        scenario("full_buffer", full_buffer),
        scenario("refused_addresses", refused_addresses),
        scenario("names", || names("hardened_echo", b"hello", b"hello")),
        scenario("survives_resets", survives_resets),
        scenario("drains", drains),
        scenario("backlog", backlog),
        scenario("second_signal", second_signal),
        scenario("unheard", || clients::unheard("hardened_echo 127.0.0.1:0")),
        #[cfg(unix)]
        scenario("early_signal", || early_signal("hardened_echo")),
    ];
    let mut slow = vec![
        scenario("deadline", deadline),
        scenario("panic", || changed::panic(&PANIC)),
        scenario("back_off", || {
            changed::stops_in_back_off("hardened_echo", "from_millis(100)", true)
        }),
        scenario("descriptors", descriptors),
        scenario("never_read", never_read),
        scenario("idle_timeout", idle_timeout),
        alone("burst", burst),
        alone("idle_memory", idle_memory),
        alone("all_at_once", all_at_once),
    ];
    // Other systems have fewer ports and descriptors by default.
    if cfg!(target_os = "linux") {
        let enough = more_descriptors().is_ok_and(|most| most >= 17_000);
        let reason = "it takes 17,000 descriptors: see ulimit -Hn";
        slow.push(alone_if("limit", enough, reason, limit));
    }
    tests.extend(slow.into_iter().map(Scenario::slow));
    tests
}

fn start(setup: &str) -> Result<Server> {
    Server::start("hardened_echo", setup)
}

async fn any_bytes() -> Result<()> {
    let server = start("")?;
    let sizes = [1, 2, 1023, 1024, 1025, 65_535, 65_536, 65_537];
    clients::any_bytes(server.address, &sizes).await
}

async fn in_packets() -> Result<()> {
    let server = start("")?;
    packets(server.address).await
}

/// 64 MiB pass through without being kept.
async fn one_long_message() -> Result<()> {
    let server = start("")?;
    let message = long_message(server.address, 64);
    let ((), growth) = peak_growth(&server, message).await?;
    ensure!(growth < 500_000, "grown by {growth} bytes");
    Ok(())
}

/// Messages exactly as long as the server's buffer: afterwards, too, it holds no
/// buffer for a client that waits.
async fn full_buffer() -> Result<()> {
    let server = start("")?;
    let message = pattern(32 * 1024);
    let each = clients::idle_memory(&server, 500, &message, &message).await?;
    ensure!(each < 8192, "{each} bytes for each connection");
    Ok(())
}

async fn refused_addresses() -> Result<()> {
    let server = start("")?;
    clients::refused_addresses("hardened_echo", server.address)
}

/// A client that resets while its answer is on its way does not harm the others.
async fn survives_resets() -> Result<()> {
    let mut server = start("")?;
    let mut other = TcpStream::connect(server.address).await?;
    for _ in 0..20 {
        let mut client = TcpStream::connect(server.address).await?;
        client.write_all(&pattern(100_000)).await?;
        // Closing with bytes unread sends a reset.
        client.set_zero_linger()?;
        drop(client);
        ask(&mut other, b"still there?").await?;
    }
    let output = server.output();
    ensure!(!output.concat().contains("panicked"), "{output:?}");
    Ok(())
}

/// At SIGTERM new clients are refused, open connections are served to their end
/// and counted, and the server leaves as soon as the last has ended.
async fn drains() -> Result<()> {
    let mut server = start("")?;
    let mut clients = Vec::new();
    for _ in 0..3 {
        let mut client = TcpStream::connect(server.address).await?;
        ask(&mut client, b"before").await?;
        clients.push(client);
    }
    if let Some(mut early) = clients.pop() {
        early.shutdown().await?;
        early.read_to_end(&mut Vec::new()).await?;
    }
    server.signal("TERM")?;
    server.wait_for("stopping: ")?;
    let late = TcpStream::connect(server.address).await;
    ensure!(late.is_err(), "it still accepts: {late:?}");
    for client in &mut clients {
        ask(client, b"after").await?;
    }
    drop(clients);
    let status = server.wait(Duration::from_secs(2))?;
    let output = server.output();
    ensure!(status == 0, "exit status {status}");
    ensure!(output[1] == "stopping: 2 connections have 3s", "{output:?}");
    ensure!(output[2] == "stopped: 2 drained, 0 cut", "{output:?}");
    Ok(())
}

async fn backlog() -> Result<()> {
    let mut server = start("")?;
    clients::backlog_at_stop(&mut server, b"already here", b"already here").await
}

/// The second signal does not wait for a client that stays.
async fn second_signal() -> Result<()> {
    let mut server = start("")?;
    let mut client = TcpStream::connect(server.address).await?;
    ask(&mut client, b"I stay").await?;
    server.signal("INT")?;
    server.wait_for("stopping: ")?;
    server.signal("INT")?;
    let status = server.wait(Duration::from_secs(2))?;
    let output = server.output();
    ensure!(status == 0, "exit status {status}");
    ensure!(output[2] == "stopped: 0 drained, 1 cut", "{output:?}");
    Ok(())
}

/// A client that stays is cut at the deadline and not earlier.
async fn deadline() -> Result<()> {
    let mut server = start("")?;
    let mut client = TcpStream::connect(server.address).await?;
    ask(&mut client, b"I stay").await?;
    let start = Instant::now();
    server.signal("TERM")?;
    let end = client.read(&mut [0]).await;
    ensure!(matches!(end, Ok(0) | Err(_)), "{end:?}");
    ensure!(start.elapsed() > Duration::from_millis(2900), "{start:?}");
    let status = server.wait(Duration::from_secs(2))?;
    let output = server.output();
    ensure!(status == 0, "exit status {status}");
    ensure!(output[2] == "stopped: 0 drained, 1 cut", "{output:?}");
    Ok(())
}

/// Without a descriptor for the next client, the server says so once, does not
/// spin, serves the clients it has, and then the others.
async fn descriptors() -> Result<()> {
    let mut server = start("ulimit -n 32;")?;
    clients::descriptors(&mut server, b"me too", b"me too").await?;
    let output = server.output();
    let complaints = output
        .iter()
        .filter(|line| line.starts_with("cannot accept"))
        .count();
    ensure!(complaints == 1, "{output:?}");
    Ok(())
}

/// When a client sends and never reads, its data waits in the socket buffers.
async fn never_read() -> Result<()> {
    let server = start("")?;
    let mut good = TcpStream::connect(server.address).await?;
    ask(&mut good, b"first").await?;
    let before = server.memory();
    let mut floods = Vec::new();
    for _ in 0..10 {
        floods.push(flood(server.address, &pattern(256 * 1024)).await?);
    }
    ask(&mut good, b"last").await?;
    let each = growth(&server, before) / floods.len();
    ensure!(each < 150_000, "{each} bytes for each client");
    Ok(())
}

async fn burst() -> Result<()> {
    more_descriptors()?;
    let server = start("")?;
    clients::burst(&server, b"one of many", b"one of many").await
}

/// 10,000 connections that have sent a message and now wait.
async fn idle_memory() -> Result<()> {
    more_descriptors()?;
    let server = start("")?;
    let message = pattern(1024);
    let each = clients::idle_memory(&server, 10_000, &message, &message).await?;
    // 1.5 KiB in a release build; futures are larger in this one.
    ensure!(each < 3072, "{each} bytes for each connection");
    Ok(())
}

/// After a minute the server closes two connections and says why: one whose client
/// sends nothing, and one whose client takes a byte of its answer a second. A
/// client that sends a byte a second may stay.
async fn idle_timeout() -> Result<()> {
    let mut server = start("")?;
    let start = Instant::now();
    let mut silent = TcpStream::connect(server.address).await?;
    let mut slow = TcpStream::connect(server.address).await?;
    let mut stuck = flood(server.address, &pattern(256 * 1024)).await?;
    let byte_a_second = async {
        for byte in pattern(64) {
            ask(&mut slow, &[byte]).await?;
            // Part of its answer is still there after the server has closed it.
            let _ = stuck.read_u8().await;
            sleep(Duration::from_secs(1)).await;
        }
        Ok(())
    };
    let silence = async {
        let lasted = closed(&mut silent).await?;
        ensure!((59..63).contains(&lasted.as_secs()), "after {lasted:?}");
        Ok(())
    };
    tokio::try_join!(byte_a_second, silence)?;
    lines(&mut server, 2, |line| line.ends_with(": idle for 60s")).await?;
    ensure!(server.output().len() == 3, "{:?}", server.output());
    ensure!(start.elapsed() > Duration::from_secs(59));
    Ok(())
}

/// All faults together, and more clients than descriptors, while good clients get
/// every byte back, once and in order, even through SIGTERM.
async fn all_at_once() -> Result<()> {
    let mut server = start("ulimit -n 64;")?;
    let address = server.address;
    let before = server.memory();
    let (end, ended) = watch::channel(());
    let mut good = JoinSet::new();
    for _ in 0..8 {
        good.spawn(talk(address, ended.clone()));
    }
    let mut long = JoinSet::new();
    long.spawn(long_message(address, 64));
    let block = pattern(256 * 1024);
    let mut stuck = Vec::new();
    for round in 1..=10 {
        reset(address, &block).await?;
        stuck.push(flood(address, &block).await?);
        stuck.push(TcpStream::connect(address).await?);
        packets(address).await?;
        let odd = "\0\n\n\r\n\u{2615}\nhalf a line";
        let said = answers(address, odd.as_bytes()).await?;
        ensure!(said == odd, "{said:?}");
        let growth = growth(&server, before);
        // A buffer for each that floods.
        ensure!(growth < 500_000 + round * 50_000, "{growth} bytes");
    }
    let (go, wait) = watch::channel(());
    let mut crowd = JoinSet::new();
    for _ in 0..60 {
        let mut wait = wait.clone();
        crowd.spawn(async move {
            let mut client = TcpStream::connect(address).await?;
            ask(&mut client, b"me too").await?;
            // This returns when the sender is dropped.
            let _ = wait.changed().await;
            client.shutdown().await?;
            let more = client.read(&mut [0]).await?;
            ensure!(more == 0, "more than it has asked for");
            anyhow::Ok(())
        });
    }
    lines(&mut server, 1, |line| line.starts_with("cannot accept")).await?;
    drop(go);
    for mut tasks in [crowd, long] {
        while let Some(client) = tasks.join_next().await {
            client??;
        }
    }
    // The ten that have reset are gone, and no other.
    lines(&mut server, 10, |line| line.starts_with("127.0.0.1:")).await?;
    server.signal("TERM")?;
    lines(&mut server, 1, |it| {
        it == "stopping: 28 connections have 3s"
    })
    .await?;
    drop(end);
    while let Some(client) = good.join_next().await {
        client??;
    }
    let status = server.wait(Duration::from_secs(5))?;
    let output = server.output();
    ensure!(status == 0, "exit status {status}");
    let last = output.last().map(String::as_str);
    ensure!(last == Some("stopped: 8 drained, 20 cut"), "{output:?}");
    ensure!(!output.concat().contains("panicked"), "{output:?}");
    Ok(())
}

/// More clients than the limit of 16,384.
async fn limit() -> Result<()> {
    more_descriptors()?;
    let mut server = start("")?;
    clients::limit(&mut server, 16_384, b"one of many", b"one of many").await
}

static PANIC: Case = Case {
    server: "hardened_echo",
    changes: &[before!(
        "stream.write_all(&buffer).await?;",
        r#"assert!(buffer != b"PANIC\n", "told to");"#
    )],
    hello: ["hello", "hello"],
    talk: ["one of many", "one of many"],
    stopped: DRAINED,
};
