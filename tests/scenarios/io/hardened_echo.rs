//! The hardened echo server of examples-io under load and under faults.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use harness::Server;
use harness::usage::memory;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::scenarios::support::changed;
use crate::scenarios::support::clients::{
    self, ask, closed, connect_burst, exchange_all, flood, growth, idle_memory, lines,
    long_message, packets, pattern, peak_growth, reset, talk,
};
use crate::scenarios::support::faults::{
    self, Draining, MANY_DESCRIPTORS, SAME_EVERYWHERE, Service, of_draining, survives_resets,
};
use crate::scenarios::support::runner::{Scenario, alone, scenario};

pub fn scenarios() -> Vec<Scenario> {
    let mut tests = of_draining::<HardenedEcho>();
    tests.extend([
        scenario("any_bytes", any_bytes),
        scenario("packets", in_packets),
        scenario("long_message", one_long_message),
        scenario("full_buffer", full_buffer).slow(),
        scenario("survives_resets", survives_resets::<HardenedEcho>),
        scenario("quiet_about_resets", quiet_about_resets).slow(),
        scenario("drains", drains),
        scenario("prompt", prompt),
        scenario("backlog", backlog),
        scenario("panic", || {
            changed::panics::<HardenedEcho>(&PANIC, &DRAINED)
        })
        .slow(),
        scenario("back_off", || {
            changed::stops_in_back_off::<HardenedEcho>("from_millis(100)", true)
        })
        .slow(),
        scenario("descriptors", descriptors).measures().slow(),
        scenario("says_again", says_again).slow(),
        scenario("never_read", never_read).slow(),
        scenario("idle_timeout", idle_timeout).slow(),
        alone("burst", burst).with_descriptors(2100).slow(),
        alone("all_at_once", all_at_once).slow(),
    ]);
    tests
}

struct HardenedEcho;

impl Service for HardenedEcho {
    const NAME: &str = "hardened_echo";

    fn greeting(_number: usize) -> (String, String) {
        let message = "one of many ".repeat(80);
        (message.clone(), message)
    }

    fn talk(_number: usize) -> (String, String) {
        ("one of many".into(), "one of many".into())
    }
}

impl Draining for HardenedEcho {
    const MAX_CONNECTIONS: usize = 16_384;
    const DESCRIPTORS: u64 = 17_000;
    // 1.5 KiB in a release build; futures are larger in this one.
    const IDLE: usize = 3072;
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
    let server = start(SAME_EVERYWHERE)?;
    let message = long_message(server.address, 64);
    let ((), growth) = peak_growth(&server, message).await?;
    ensure!(
        growth < 500_000,
        "grown by {growth} bytes, not less than 500_000"
    );
    Ok(())
}

/// Messages exactly as long as the server's buffer: afterwards, too, it holds no
/// buffer for a client that waits.
async fn full_buffer() -> Result<()> {
    let server = start(SAME_EVERYWHERE)?;
    let message = pattern(32 * 1024);
    let talk = |_| (message.clone(), message.clone());
    let each = idle_memory(&server, 500, talk).await?;
    ensure!(
        each < 8192,
        "{each} bytes for each connection, not less than 8192"
    );
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
    let last = [
        "stopping: 2 connections have 3s",
        "stopped: 2 drained, 0 cut",
    ];
    server.ends(Duration::from_secs(2), &last)
}

async fn backlog() -> Result<()> {
    let mut server = start("")?;
    clients::backlog_at_stop(&mut server, b"already here", b"already here").await
}

async fn prompt() -> Result<()> {
    let server = start("")?;
    let mut client = TcpStream::connect(server.address).await?;
    // More than one buffer.
    let message = pattern(40_000);
    clients::prompt(async || ask(&mut client, &message).await).await
}

/// Without a descriptor for the next client, the server says so once, does not
/// spin, serves the clients it has, and then the others.
async fn descriptors() -> Result<()> {
    let output = faults::descriptors_said::<HardenedEcho>().await?;
    let complaints = output
        .iter()
        .filter(|line| line.starts_with("cannot accept"))
        .count();
    ensure!(
        complaints == 1,
        "it says {complaints} times that it cannot accept, not once"
    );
    Ok(())
}

/// While no client can be accepted, the log says so again and again, with a pause in
/// between; here of 300 ms.
async fn says_again() -> Result<()> {
    let pause = [("+ Duration::from_secs(60)", "+ Duration::from_millis(300)")];
    let (mut server, _copy) = changed::start::<HardenedEcho>(&pause, "ulimit -n 24;")?;
    let start = Instant::now();
    let mut clients = Vec::new();
    for _ in 0..24 {
        clients.push(TcpStream::connect(server.address).await?);
    }
    while server.output().len() < 4 {
        let waits = start.elapsed() < Duration::from_secs(10);
        ensure!(waits, "in 10 s it says {:?}", server.output());
        sleep(Duration::from_millis(20)).await;
    }
    let took = start.elapsed();
    ensure!(
        took >= Duration::from_millis(600),
        "it says so for the third time after {took:?}, not after two pauses of 300 ms"
    );
    Ok(())
}

/// When a client sends and never reads, its data waits in the socket buffers.
async fn never_read() -> Result<()> {
    let server = start(SAME_EVERYWHERE)?;
    let mut good = TcpStream::connect(server.address).await?;
    ask(&mut good, b"first").await?;
    let before = memory(server.id())?;
    let mut floods = Vec::new();
    for _ in 0..10 {
        floods.push(flood(server.address, &pattern(256 * 1024)).await?);
    }
    ask(&mut good, b"last").await?;
    let each = growth(server.id(), before)? / floods.len();
    ensure!(
        each < 150_000,
        "{each} bytes for each client, not less than 150_000"
    );
    Ok(())
}

/// 2,000 clients at the same moment; all of them are answered.
async fn burst() -> Result<()> {
    let server = start(MANY_DESCRIPTORS)?;
    for client in &mut connect_burst(&server).await? {
        ask(client, b"one of many").await?;
    }
    Ok(())
}

/// No line for each of a thousand clients that break off.
async fn quiet_about_resets() -> Result<()> {
    let mut server = start("")?;
    for _ in 0..1000 {
        reset(server.address, b"hello").await?;
    }
    exchange_all(server.address, b"hello", "hello").await?;
    server.has_said(1)
}

/// After a minute the server closes three connections: one whose client sends
/// nothing, one whose client sends no second message, and one whose client takes a
/// byte of its answer a second. A client that sends a byte a second may stay.
async fn idle_timeout() -> Result<()> {
    let mut server = start("")?;
    let start = Instant::now();
    let mut silent = TcpStream::connect(server.address).await?;
    let mut once = TcpStream::connect(server.address).await?;
    ask(&mut once, b"once").await?;
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
        let silent = async { closed(&mut silent).await.map(|_| start.elapsed()) };
        let once = async { closed(&mut once).await.map(|_| start.elapsed()) };
        let (silent, once) = tokio::try_join!(silent, once)?;
        for lasted in [silent, once] {
            ensure!((59..63).contains(&lasted.as_secs()), "after {lasted:?}");
        }
        Ok(())
    };
    tokio::try_join!(byte_a_second, silence)?;
    ensure!(start.elapsed() > Duration::from_secs(59));
    // The silent ones and the stuck one are gone, the slow one is not.
    server.signal("TERM")?;
    server.wait_for("stopping: 1 connections ")?;
    drop(slow);
    server.ends(Duration::from_secs(2), &["stopped: 1 drained, 0 cut"])
}

/// All faults together, and more clients than descriptors, while good clients get
/// every byte back, once and in order, even through SIGTERM.
async fn all_at_once() -> Result<()> {
    let mut server = start(&format!("{SAME_EVERYWHERE} ulimit -n 64;"))?;
    let address = server.address;
    let before = memory(server.id())?;
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
        exchange_all(address, odd.as_bytes(), odd).await?;
        let growth = growth(server.id(), before)?;
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
    server.signal("TERM")?;
    lines(&mut server, 1, |it| {
        it == "stopping: 28 connections have 3s"
    })
    .await?;
    drop(end);
    while let Some(client) = good.join_next().await {
        client??;
    }
    server.ends(Duration::from_secs(5), &["stopped: 8 drained, 20 cut"])
}

static PANIC: [(&str, &str); 1] = [(
    "stream.write_all(&buffer).await?;",
    r#"assert!(buffer != b"PANIC\n", "told to");
    stream.write_all(&buffer).await?;"#,
)];

static DRAINED: [&str; 2] = [
    "stopping: 5 connections have 3s",
    "stopped: 5 drained, 0 cut",
];
