//! The heartbeat of examples-io under load and under faults.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use harness::Server;
use harness::usage::memory;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::scenarios::support::changed;
use crate::scenarios::support::clients::{
    connect_burst, exchange, flood, growth, keeps_still, lines, peak_growth, reset, shown,
};
use crate::scenarios::support::faults::{
    MANY_DESCRIPTORS, Running, SAME_EVERYWHERE, Service, of_services,
};
use crate::scenarios::support::runner::{Scenario, alone, scenario};

const PING: Duration = Duration::from_millis(200);
const PONG_TIMEOUT: Duration = Duration::from_millis(300);
const MAX_CONNECTIONS: usize = 2048;

pub fn scenarios() -> Vec<Scenario> {
    let mut tests = of_services::<Heartbeat>();
    tests.extend([
        scenario("pings", pings).slow(),
        scenario("odd_lines", odd_lines),
        scenario("endless_line", endless_line),
        scenario("no_line", no_line),
        scenario("resets", resets).slow(),
        scenario("floods", floods).slow(),
        scenario("stops", stops).slow(),
        scenario("panic", || {
            changed::panics::<Heartbeat>(&PANIC, &["stopped: 5 cut"])
        })
        .slow(),
        scenario("back_off", || {
            changed::stops_in_back_off::<Heartbeat>("from_secs(1)", false)
        })
        .slow(),
        scenario("never_reads", never_reads).slow(),
        alone("stalled", stalled).slow(),
        scenario("unread_answer", unread_answer).slow(),
        alone("line_ends", line_ends).slow(),
        scenario("descriptors", descriptors).measures().slow(),
        alone("all_at_once", all_at_once).slow(),
        alone("burst", burst).with_descriptors(2100).slow(),
        alone("limit", limit).with_descriptors(2100).slow(),
        alone("silent_crowd", silent_crowd)
            .with_descriptors(2600)
            .slow(),
    ]);
    tests
}

struct Heartbeat;

impl Service for Heartbeat {
    const NAME: &str = "heartbeat";

    fn greeting(_number: usize) -> (String, String) {
        (String::new(), "ping\n".into())
    }

    fn talk(_number: usize) -> (String, String) {
        ("pong\n".into(), "ping\n".into())
    }
}

/// A copy that waits 1.5 s for an answer: on a busy machine, a peer is late.
fn patient(setup: &str) -> Result<(Running, TempDir)> {
    let change = [(
        "const PONG_TIMEOUT: Duration = Duration::from_millis(300)",
        "const PONG_TIMEOUT: Duration = Duration::from_millis(1500)",
    )];
    changed::start::<Heartbeat>(&change, setup)
}

/// Sends `packets` again and again until it has received `count` pings, each whole
/// and none before its time.
async fn live(address: SocketAddr, packets: &[&[u8]], count: u32) -> Result<TcpStream> {
    let start = Instant::now();
    let mut client = TcpStream::connect(address).await?;
    client.set_nodelay(true)?;
    let (mut from_server, mut to_server) = client.split();
    let hear = async {
        for number in 0..count {
            let mut ping = [0; 5];
            let heard = from_server.read_exact(&mut ping).await;
            heard.with_context(|| format!("ended after {number} pings"))?;
            let at = start.elapsed();
            ensure!(&ping == b"ping\n", "not a ping: {}", shown(&ping));
            ensure!(at >= PING * number, "ping {number} after {at:?}");
        }
        Ok(())
    };
    let speak = async {
        // More often than necessary: a busy machine may keep it waiting.
        for packet in packets.iter().cycle() {
            to_server.write_all(packet).await?;
            sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    };
    let ended: Result<()> = tokio::select! {
        heard = hear => heard,
        spoke = speak => spoke,
    };
    ended.map(|()| client)
}

/// Says `last`, half-closes, and sees the server close after a whole ping.
async fn leave(mut client: TcpStream, last: &[u8]) -> Result<()> {
    client.write_all(last).await?;
    client.shutdown().await?;
    let mut heard = Vec::new();
    client.read_to_end(&mut heard).await?;
    count_pings(&heard)?;
    Ok(())
}

/// Reads until the server closes the connection; returns how many pings came.
async fn outstay(mut client: TcpStream) -> Result<usize> {
    let mut heard = Vec::new();
    // A reset is as good.
    let _ = client.read_to_end(&mut heard).await;
    count_pings(&heard)
}

fn count_pings(heard: &[u8]) -> Result<usize> {
    let count = heard.len() / 5;
    ensure!(
        heard == b"ping\n".repeat(count),
        "not only pings: {}",
        shown(heard)
    );
    Ok(count)
}

/// A line in many packets, many lines in one, lines of any text: the peer is pinged all
/// the same, and can leave at any time.
async fn pings() -> Result<()> {
    let (mut server, _copy) = patient("")?;
    let address = server.address;
    let many = &b"pong\n".repeat(1000)[..];
    let (many, parts) = ([many], [&b"p"[..], b"o", b"ng", b"\n"]);
    let others = [&b"\n"[..], b"I am here\r\n"];
    let (by_many, by_parts, by_others) = tokio::join!(
        live(address, &many, 12),
        live(address, &parts, 12),
        live(address, &others, 12)
    );
    for client in [by_many?, by_parts?, by_others?] {
        leave(client, b"bye").await?;
    }
    lines(&mut server, 3, |line| line.ends_with(" has left")).await?;
    server.has_said(4)
}

/// Any line of at most 80 bytes is an answer; one that is not UTF-8 is refused.
async fn odd_lines() -> Result<()> {
    let mut server = Server::start("heartbeat", "")?;
    let longest = format!("{}\n", "x".repeat(80)).repeat(20);
    let odd = ["\n\r\n\0\n \n", "\u{2615}\n\u{1b}[2J\n", &longest, ""];
    for (number, odd) in odd.iter().enumerate() {
        let client = TcpStream::connect(server.address).await?;
        leave(client, odd.as_bytes()).await?;
        lines(&mut server, number + 1, |it| it.ends_with(" has left")).await?;
    }
    for (wrong, error) in [
        (&b"\xff\xfe\n"[..], "Unable to decode input as UTF8"),
        (&[b'x'; 81], "max line length exceeded"),
    ] {
        let mut client = TcpStream::connect(server.address).await?;
        client.write_all(wrong).await?;
        outstay(client).await?;
        let end = format!(" is gone: {error}");
        lines(&mut server, 1, |line| line.ends_with(&end)).await?;
    }
    server.has_said(7)
}

/// 64 MiB without a line end: refused early, and never stored.
async fn endless_line() -> Result<()> {
    let mut server = Server::start("heartbeat", SAME_EVERYWHERE)?;
    let endless = vec![b'x'; 64 << 20];
    let mut client = TcpStream::connect(server.address).await?;
    let write = async { Ok(client.write_all(&endless).await) };
    let (written, growth) = peak_growth(&server, write).await?;
    ensure!(written.is_err(), "it took 64 MiB");
    let error = " is gone: max line length exceeded";
    lines(&mut server, 1, |line| line.ends_with(error)).await?;
    ensure!(
        growth < 500_000,
        "grown by {growth} bytes, not less than 500_000"
    );
    Ok(())
}

/// A peer that says nothing, and one that never finishes its line: both are pinged,
/// then dropped, but not too early.
async fn no_line() -> Result<()> {
    let mut server = Server::start("heartbeat", "")?;
    let start = Instant::now();
    let silent = TcpStream::connect(server.address).await?;
    let slow = TcpStream::connect(server.address).await?;
    let (from_server, mut to_server) = slow.into_split();
    let dribble = tokio::spawn(async move {
        while to_server.write_all(b"x").await.is_ok() {
            sleep(Duration::from_millis(20)).await;
        }
    });
    for mut client in [silent.into_split().0, from_server] {
        let mut heard = Vec::new();
        // A reset is as good.
        let _ = client.read_to_end(&mut heard).await;
        let pings = count_pings(&heard)?;
        ensure!(pings >= 2, "a silent peer gets {pings} pings, not 2");
        let took = start.elapsed();
        ensure!(took >= PONG_TIMEOUT, "it is closed after {took:?} already");
    }
    dribble.await?;
    let error = " is gone: no answer within 300ms";
    lines(&mut server, 2, |line| line.ends_with(error)).await
}

/// A peer that resets in the middle of a line does not harm the others.
async fn resets() -> Result<()> {
    let (mut server, _copy) = patient("")?;
    let address = server.address;
    let good = tokio::spawn(live(address, &[b"pong\n"], 12));
    for _ in 0..20 {
        reset(address, b"pong\npo").await?;
    }
    leave(good.await??, b"").await?;
    lines(&mut server, 20, |line| line.contains(" is gone: ")).await?;
    lines(&mut server, 1, |line| line.ends_with(" has left")).await?;
    server.has_said(22)
}

/// A flood of lines takes no memory and delays no pings, neither the others' nor
/// its own.
async fn floods() -> Result<()> {
    let (mut server, _copy) = patient(SAME_EVERYWHERE)?;
    let address = server.address;
    let good = tokio::spawn(live(address, &[b"pong\n"], 12));
    let block = b"pong\n".repeat(50_000);
    let flood_all = async {
        let mut floods = JoinSet::new();
        for _ in 0..10 {
            let block = block.clone();
            floods.spawn(async move { flood(address, &block).await });
        }
        while let Some(flood) = floods.join_next().await {
            flood??;
        }
        Ok(())
    };
    let ((), growth) = peak_growth(&server, flood_all).await?;
    leave(good.await??, b"").await?;
    let mut flooder = TcpStream::connect(address).await?;
    let (mut from_server, mut to_server) = flooder.split();
    let mut pings = [0; 20];
    let hear = from_server.read_exact(&mut pings);
    tokio::select! {
        heard = timeout(PING * 20, hear) => heard.context("a peer that floods gets no 4 pings")??,
        () = async { while to_server.write_all(&block).await.is_ok() {} } => {
            bail!("a peer that floods is closed")
        }
    };
    count_pings(&pings)?;
    ensure!(
        growth < 500_000,
        "grown by {growth} bytes, not less than 500_000"
    );
    let panicked = server.output().concat().contains("panicked");
    ensure!(!panicked, "a task has panicked");
    Ok(())
}

/// A peer on a thread of its own, which answers each ping and says nothing else,
/// until the server closes the connection. It counts the pings.
fn answer_pings(address: SocketAddr) -> Result<Arc<AtomicUsize>> {
    let mut peer = std::net::TcpStream::connect(address)?;
    peer.set_nodelay(true)?;
    let pings = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&pings);
    thread::spawn(move || {
        while peer.read_exact(&mut [0; 5]).is_ok() {
            counter.fetch_add(1, Relaxed);
            // If the server has closed the connection, it has said so.
            let _ = peer.write_all(b"pong\n");
        }
    });
    Ok(pings)
}

/// The server itself stands still. Afterwards it sends each peer one ping, not all
/// that it has missed, and closes none of them.
async fn stalled() -> Result<()> {
    let (mut server, _copy) = patient("")?;
    let mut peers = Vec::new();
    for number in 0..50 {
        peers.push(answer_pings(server.address)?);
        // In the stalls below some have just been pinged, and some have not.
        sleep(PING * number / 250).await;
    }
    let counts = || -> Vec<_> { peers.iter().map(|it| it.load(Relaxed)).collect() };
    for stall in [1000, 1550, 3000] {
        server.signal("STOP")?;
        sleep(Duration::from_millis(stall)).await;
        let before = counts();
        let start = Instant::now();
        server.signal("CONT")?;
        sleep(3 * PING).await;
        let after = counts();
        let most = start.elapsed().as_millis() / PING.as_millis() + 2;
        for (after, before) in after.iter().zip(before) {
            let pings = after - before;
            ensure!(
                pings as u128 <= most,
                "{pings} pings after a stall of {stall} ms, not {most} at most"
            );
        }
        server
            .has_said(1)
            .with_context(|| format!("after a stall of {stall} ms"))?;
    }
    Ok(())
}

/// A stall of the server takes nothing from the time that a peer has: after it,
/// the peer again has its whole time for its answer.
async fn unread_answer() -> Result<()> {
    let (mut server, _copy) = patient("")?;
    let mut peer = TcpStream::connect(server.address).await?;
    let mut ping = [0; 5];
    peer.read_exact(&mut ping).await?;
    server.signal("STOP")?;
    sleep(10 * PING).await;
    server.signal("CONT")?;
    sleep(PING / 4).await;
    for number in 1..=3 {
        peer.write_all(b"pong\n").await?;
        let heard = timeout(10 * PING, peer.read_exact(&mut ping)).await?;
        heard.with_context(|| format!("ping {number} after the stall"))?;
    }
    server.has_said(1)
}

/// Peers that send line ends without a pause delay no other peer's pings.
async fn line_ends() -> Result<()> {
    let (mut server, _copy) = patient("")?;
    let mut good = Vec::new();
    for _ in 0..5 {
        good.push(answer_pings(server.address)?);
    }
    let done = Arc::new(AtomicBool::new(false));
    for _ in 0..16 {
        let done = Arc::clone(&done);
        let mut peer = std::net::TcpStream::connect(server.address)?;
        thread::spawn(move || {
            let block = vec![b'\n'; 65_536];
            while !done.load(Relaxed) && peer.write_all(&block).is_ok() {}
        });
    }
    sleep(15 * PING).await;
    let quiet = server.has_said(1);
    done.store(true, Relaxed);
    quiet?;
    for pings in good {
        let pings = pings.load(Relaxed);
        ensure!(pings >= 10, "a good peer gets {pings} pings in 3 s, not 10");
    }
    Ok(())
}

/// At SIGTERM the server refuses new peers, cuts those that are connected, and says
/// how many.
async fn stops() -> Result<()> {
    let (mut server, _copy) = patient("")?;
    let address = server.address;
    leave(live(address, &[b"pong\n"], 2).await?, b"").await?;
    lines(&mut server, 1, |line| line.ends_with(" has left")).await?;
    let crowd = Crowd::gather(address, 5)?;
    // The lock would keep the crowd from speaking while this reads.
    let clones: std::io::Result<Vec<_>> =
        lock(&crowd.0).iter().map(|it| it.1.try_clone()).collect();
    let mut peers = clones?;
    for peer in &mut peers {
        peer.read_exact(&mut [0; 5])?;
    }
    server.signal("TERM")?;
    for peer in &mut peers {
        // A reset is as good.
        let _ = peer.read_to_end(&mut Vec::new());
    }
    server.ends(Duration::from_secs(2), &["stopped: 5 cut"])?;
    server.has_said(3)?;
    let late = TcpStream::connect(address).await;
    ensure!(late.is_err(), "it still accepts: {late:?}");
    Ok(())
}

/// Without a descriptor for the next peer, the server says so once a second, does
/// not spin, and accepts it when another has gone.
async fn descriptors() -> Result<()> {
    let mut server = Server::start("heartbeat", "ulimit -n 32;")?;
    let pass = crowd_passes(&server, 80);
    keeps_still(server.id(), Duration::from_millis(300), pass).await?;
    let error = " is gone: no answer within 300ms";
    lines(&mut server, 80, |line| line.ends_with(error)).await?;
    let output = server.output();
    let told = output.iter().filter(|it| it.starts_with("cannot accept"));
    let told = told.count();
    ensure!(
        (1..=10).contains(&told),
        "it says {told} times that it cannot accept, not 1 to 10 times"
    );
    Ok(())
}

/// So many silent peers come at the same time. Each is pinged, and dropped.
async fn crowd_passes(server: &Server, count: usize) -> Result<()> {
    let mut crowd = JoinSet::new();
    let address = server.address;
    for _ in 0..count {
        crowd.spawn(async move { outstay(TcpStream::connect(address).await?).await });
    }
    while let Some(pings) = crowd.join_next().await {
        let pings = pings??;
        ensure!(pings >= 2, "a silent peer gets {pings} pings, not 2");
    }
    Ok(())
}

/// Peers that a thread of their own keeps alive. Dropped, they leave.
struct Crowd(Arc<Mutex<VecDeque<Peer>>>);

/// When it last sent something, and its connection.
type Peer = (Instant, std::net::TcpStream);

impl Crowd {
    fn gather(address: SocketAddr, count: usize) -> Result<Self> {
        let peers: Arc<Mutex<VecDeque<Peer>>> = Arc::default();
        let weak = Arc::downgrade(&peers);
        thread::spawn(move || {
            while let Some(peers) = weak.upgrade() {
                if !speak(&peers) {
                    thread::sleep(Duration::from_millis(5));
                }
            }
        });
        let crowd = Self(peers);
        for _ in 0..count {
            let peer = std::net::TcpStream::connect(address)?;
            lock(&crowd.0).push_back((Instant::now(), peer));
        }
        Ok(crowd)
    }
}

fn lock(peers: &Mutex<VecDeque<Peer>>) -> MutexGuard<'_, VecDeque<Peer>> {
    peers.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lets the peer send something that has been silent for longest, if it is time.
fn speak(peers: &Mutex<VecDeque<Peer>>) -> bool {
    let mut peers = lock(peers);
    let due = |peer: &mut Peer| peer.0.elapsed() > PONG_TIMEOUT / 3;
    let Some((_, mut stream)) = peers.pop_front_if(due) else {
        return false;
    };
    // If the server has closed the connection, it has said so.
    let _ = stream.write(b"\n");
    peers.push_back((Instant::now(), stream));
    true
}

/// 2,000 peers at the same moment: each has room in the backlog and is pinged, and
/// memory is bounded.
async fn burst() -> Result<()> {
    let setup = format!("{SAME_EVERYWHERE} {MANY_DESCRIPTORS}");
    let server = Server::start("heartbeat", &setup)?;
    let pinged = async {
        let mut crowd = JoinSet::new();
        for peer in connect_burst(&server).await? {
            crowd.spawn(outstay(peer));
        }
        while let Some(pings) = crowd.join_next().await {
            let pings = pings??;
            ensure!(pings >= 2, "a silent peer gets {pings} pings, not 2");
        }
        Ok(())
    };
    let ((), growth) = peak_growth(&server, pinged).await?;
    let each = growth / 2000;
    ensure!(
        each < 15_000,
        "{each} bytes for each connection, not less than 15_000"
    );
    Ok(())
}

/// With all places taken, the next peer waits until another leaves.
async fn limit() -> Result<()> {
    // On a busy machine peers may be lost before the last has come.
    for _ in 0..10 {
        if limit_holds().await? {
            return Ok(());
        }
    }
    bail!("too busy a machine to keep {MAX_CONNECTIONS} peers alive")
}

/// Returns whether there was a moment at which all places were taken.
async fn limit_holds() -> Result<bool> {
    let setup = format!("{SAME_EVERYWHERE} {MANY_DESCRIPTORS}");
    let (mut server, _copy) = patient(&setup)?;
    let before = memory(server.id())?;
    let crowd = Crowd::gather(server.address, MAX_CONNECTIONS)?;
    let mut next = TcpStream::connect(server.address).await?;
    let mut ping = [0; 5];
    let early = timeout(PING * 3, next.read_exact(&mut ping)).await;
    let gone = server.output().len() > 1;
    ensure!(early.is_err() || gone, "more than there are places");
    if gone {
        return Ok(false);
    }
    let each = growth(server.id(), before)? / MAX_CONNECTIONS;
    ensure!(
        each < 15_000,
        "{each} bytes for each connection, not less than 15_000"
    );
    lock(&crowd.0).pop_back();
    exchange(&mut next, b"", b"ping\n")
        .await
        .context("when a place is free")?;
    drop(crowd);
    // When they have all left, it is as it was before.
    outstay(next).await?;
    leave(live(server.address, &[b"pong\n"], 3).await?, b"").await?;
    let ends = MAX_CONNECTIONS + 2;
    lines(&mut server, ends, |it| !it.starts_with("listening")).await?;
    Ok(true)
}

/// 10,000 silent peers, more at a time than there are places.
async fn silent_crowd() -> Result<()> {
    let (mut server, _copy) = patient(MANY_DESCRIPTORS)?;
    for _ in 0..4 {
        crowd_passes(&server, 2500).await?;
    }
    let gone = " is gone: no answer within 1.5s";
    lines(&mut server, 10_000, |line| line.ends_with(gone)).await?;
    leave(live(server.address, &[b"pong\n"], 3).await?, b"").await?;
    Ok(())
}

/// All faults together, and more peers than descriptors, while good peers are
/// pinged as if they were alone; at SIGTERM the rest is cut and counted.
async fn all_at_once() -> Result<()> {
    let (mut server, _copy) = patient(&format!("{SAME_EVERYWHERE} ulimit -n 64;"))?;
    let address = server.address;
    let before = memory(server.id())?;
    let mut leaving = JoinSet::new();
    let mut staying = JoinSet::new();
    for _ in 0..4 {
        leaving.spawn(async move {
            let client = live(address, &[b"pong\n", b"po", b"ng\n"], 80).await?;
            leave(client, b"").await
        });
        staying.spawn(live(address, &[b"pong\n"], 1000));
    }
    let (block, long) = (b"pong\n".repeat(50_000), vec![b'x'; 1 << 20]);
    for round in 1..=5 {
        reset(address, b"pong\npo").await?;
        let silent = TcpStream::connect(address).await?;
        let flooder = flood(address, &block).await?;
        for wrong in [&long[..], b"\xff\n"] {
            let mut client = TcpStream::connect(address).await?;
            // It may be refused halfway.
            let _ = client.write_all(wrong).await;
            outstay(client).await?;
        }
        let client = TcpStream::connect(address).await?;
        leave(client, b"\n\0\n\r\npong\npong\nhalf a").await?;
        drop(flooder);
        outstay(silent).await?;
        let growth = growth(server.id(), before)?;
        ensure!(
            growth < 1_000_000,
            "{growth} bytes in round {round}, not less than 1_000_000"
        );
    }
    crowd_passes(&server, 80).await?;
    while let Some(left) = leaving.join_next().await {
        left??;
    }
    for (count, end) in [
        (5 + 4, " has left"),
        (5 + 80, " is gone: no answer within 1.5s"),
        (5, " is gone: max line length exceeded"),
        (5, " is gone: Unable to decode input as UTF8"),
    ] {
        lines(&mut server, count, |line| line.ends_with(end)).await?;
    }
    // Those that reset, and those that flood and are dropped, end with a reset.
    lines(&mut server, 10, |line| line.contains("reset")).await?;
    server.signal("TERM")?;
    while let Some(client) = staying.join_next().await {
        let Err(error) = client? else {
            bail!("a peer is not cut at SIGTERM, but gets 1000 pings")
        };
        ensure!(error.to_string().starts_with("ended after "), "{error:#}");
    }
    server.ends(Duration::from_secs(5), &["stopped: 4 cut"])
}

static PANIC: [(&str, &str); 2] = [
    (
        "if line?.is_none() {",
        r#"let line = line?;
        assert!(line.as_deref() != Some("PANIC"), "told to");
        if line.is_none() {"#,
    ),
    // On a busy machine too, a client answers in this time.
    (
        "const PONG_TIMEOUT: Duration = Duration::from_millis(300)",
        "const PONG_TIMEOUT: Duration = Duration::from_secs(10)",
    ),
];

/// A peer that answers but never reads, so that no ping goes out any more: the
/// deadline holds for sending it too.
async fn never_reads() -> Result<()> {
    // A long ping fills the buffers between the two immediately.
    let change = [(
        r#"lines.send("ping")"#,
        r#"lines.send("ping".repeat(10_000_000))"#,
    )];
    let (mut server, _copy) = changed::start::<Heartbeat>(&change, "")?;
    let start = Instant::now();
    let mut peer = TcpStream::connect(server.address).await?;
    while peer.write_all(b"pong\n").await.is_ok() {
        ensure!(
            start.elapsed() < Duration::from_secs(10),
            "a peer that never reads is still connected after 10 s, not closed after 300 ms"
        );
        sleep(Duration::from_millis(20)).await;
    }
    let took = start.elapsed();
    ensure!(took >= PONG_TIMEOUT, "it is closed after {took:?} already");
    lines(&mut server, 1, |line| {
        line.ends_with(" is gone: it does not read")
    })
    .await
}
