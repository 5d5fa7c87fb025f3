//! What programs of examples-io do not show as they are, and is therefore shown
//! by copies of them with another line or two: a panic in the task of one
//! connection, a network that doubles packets, a server that comes late.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use libtest_mimic::Trial;
use tempfile::TempDir;
use tests::repository::build_changed;
use tests::workspace::root;
use tests::{Server, Terminal};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::sleep;

use super::clients::{Address, closed, exchange};
use super::faults::SECOND;
use super::scenario;

pub fn tests() -> Vec<Trial> {
    let mut tests = vec![
        scenario("io::udp_late_replies", udp_late_replies),
        scenario("io::udp_late_server", udp_late_server),
        scenario("io::udp_no_reply", udp_no_reply),
    ];
    for case in &CASES {
        let name = format!("io::{}_panic", case.server);
        tests.push(scenario(&name, move || panic(case)));
    }
    for (server, back_off, drains) in [
        ("echo", "Duration::from_secs(1)", false),
        ("hardened_echo", "Duration::from_millis(100)", true),
        ("heartbeat", "Duration::from_millis(100)", false),
    ] {
        let name = format!("io::{server}_back_off");
        tests.push(scenario(&name, move || {
            stops_in_back_off(server, back_off, drains)
        }));
    }
    tests.push(scenario("io::heartbeat_never_reads", heartbeat_never_reads));
    tests
        .into_iter()
        .map(|it| it.with_ignored_flag(true))
        .collect()
}

struct Case {
    server: &'static str,
    /// What stands in the server's file once, and what comes in its place.
    changes: &'static [(&'static str, &'static str)],
    /// A client's first words, its number being `#`, and the answer.
    hello: [&'static str; 2],
    /// What it says from then on, and the answer.
    talk: [&'static str; 2],
    /// The last lines of the server, stopped with five clients.
    stopped: &'static [&'static str],
}

/// A change that puts a panic before what stands there.
macro_rules! before {
    ($what:literal, $panic:literal) => {
        ($what, concat!($panic, "\n", $what))
    };
}

const DRAINED: &[&str] = &[
    "stopping: 5 connections have 3s",
    "stopped: 5 drained, 0 cut",
];

const FINISHED: &[&str] = &[
    "stopping: 5 connections still open",
    "stopped: 5 drained, 0 cut",
];

static CASES: [Case; 4] = [
    Case {
        server: "hardened_echo",
        changes: &[before!(
            "stream.write_all(&buffer).await?;",
            r#"assert!(buffer != b"PANIC\n", "told to");"#
        )],
        hello: ["hello", "hello"],
        talk: ["one of many", "one of many"],
        stopped: DRAINED,
    },
    Case {
        server: "line_server",
        changes: &[before!(
            "let reply = match line.strip_suffix(b\"\\n\") {",
            r#"assert!(line != b"PANIC\n", "told to");"#
        )],
        hello: ["SET tea# hot\n", "OK\n"],
        talk: ["GET tea0\nDEL milk\n", "OK hot\nNONE\n"],
        stopped: FINISHED,
    },
    Case {
        server: "proxy",
        changes: &[
            (
                "InspectReader::new(client, |_| active",
                "InspectReader::new(client, |bytes| { \
             assert!(bytes != b\"PANIC\\n\", \"told to\"); active",
            ),
            (
                ".store(true, Relaxed));\n    let mut server",
                ".store(true, Relaxed)});\n    let mut server",
            ),
        ],
        hello: ["hello", "hello"],
        talk: ["one of many", "one of many"],
        stopped: FINISHED,
    },
    Case {
        server: "heartbeat",
        changes: &[
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
        ],
        hello: ["", "ping\n"],
        talk: ["pong\n", "ping\n"],
        stopped: &["stopped: 5 cut"],
    },
];

/// Starts a server with these changes; only the proxy looks at `upstream`.
fn start(server: &str, changes: &[(&str, &str)], upstream: &str) -> Result<(Server, TempDir)> {
    let copy = build_changed(root(), "examples-io", server, changes)?;
    let path = copy.path().join(server);
    let command = format!("exec '{}' 127.0.0.1:0 {upstream} #", path.display());
    Ok((Server::start(server, &command)?, copy))
}

async fn panic(case: &Case) -> Result<()> {
    let upstream = Server::start("echo", "")?;
    let address = upstream.address.to_string();
    let (server, _copy) = start(case.server, case.changes, &address)?;
    survives_panics(case, server).await
}

/// One of its tasks panics, five times: the server says so in one line each,
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
    let report = |line: &&String| {
        line.starts_with("a connection's task failed: ")
            && line.ends_with("panicked with message \"told to\"")
    };
    let reports = output.iter().filter(report).count();
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
/// here for an hour. It hears Ctrl-C all the same, and so also the second one.
async fn stops_in_back_off(server: &str, back_off: &str, drains: bool) -> Result<()> {
    let hour = [(back_off, "Duration::from_secs(3600)")];
    let copy = build_changed(root(), "examples-io", server, &hour)?;
    let path = copy.path().join(server);
    let command = format!("ulimit -n 24; exec '{}' 127.0.0.1:0 #", path.display());
    let mut server = Server::start(server, &command)?;
    let mut clients = Vec::new();
    for _ in 0..24 {
        clients.push(TcpStream::connect(server.address).await?);
    }
    server.wait_for("cannot accept: ")?;
    server.signal("INT")?;
    if drains {
        server.wait_for("stopping: ")?;
        server.signal("INT")?;
    }
    let status = server.wait(Duration::from_secs(2))?;
    ensure!(status == 0, "exit status {status}: {:?}", server.output());
    Ok(())
}

/// A peer that answers but never reads, so that no ping goes out any more: the
/// deadline holds for sending it too.
async fn heartbeat_never_reads() -> Result<()> {
    // A long ping fills the buffers between the two immediately.
    let change = [(
        r#"lines.send("ping")"#,
        r#"lines.send("ping".repeat(10_000_000))"#,
    )];
    let (mut server, _copy) = start("heartbeat", &change, "")?;
    let mut peer = TcpStream::connect(server.address).await?;
    let start = Instant::now();
    while peer.write_all(b"pong\n").await.is_ok() {
        ensure!(start.elapsed() < 10 * SECOND, "{:?}", server.output());
        sleep(Duration::from_millis(20)).await;
    }
    ensure!(start.elapsed() >= Duration::from_millis(300), "{start:?}");
    server.wait_for("127.0.0.1:")?;
    let output = server.output();
    ensure!(
        output[1].ends_with(" is gone: it does not read"),
        "{output:?}"
    );
    Ok(())
}

/// Each reply comes twice, the second time when another order is in progress, and
/// is not taken for the reply to that one.
async fn udp_late_replies() -> Result<()> {
    let reply = "socket.send_to(&[number, left], customer).await?;";
    let twice = format!("{reply} {reply}");
    let (status, lines) = udp(&[(reply, &twice)]).await?;
    ensure!(
        status == Some(0) && orders(&lines) == ALL,
        "{status:?} {lines:?}"
    );
    Ok(())
}

/// "Connection refused" is not a reason to give up.
async fn udp_late_server() -> Result<()> {
    let late = "failed = async { \
        let address = shop.local_addr()?; \
        drop(shop); \
        tokio::time::sleep(Duration::from_secs(1)).await; \
        sell(UdpSocket::bind(address).await?).await } =>";
    let changes = [
        ("failed = sell(shop) =>", late),
        (
            "const LOST: [u32; 3] = [3, 8, 10];",
            "const LOST: [u32; 0] = [];",
        ),
    ];
    let (status, lines) = udp(&changes).await?;
    let orders = orders(&lines);
    let others = [
        "order 2: 18 loaves left (try 1)",
        "order 3: 17 loaves left (try 1)",
        "order 4: 16 loaves left (try 1)",
        "order 5: 15 loaves left (try 1)",
    ];
    // It comes before the fourth try, or the fifth on a busy machine.
    let late = ["(try 4)", "(try 5)"].map(|tries| format!("order 1: 19 loaves left {tries}"));
    ensure!(
        status == Some(0) && late.contains(&orders[0].into()) && orders[1..] == others,
        "{status:?} {lines:?}"
    );
    Ok(())
}

/// After five packets, two seconds, it gives up.
async fn udp_no_reply() -> Result<()> {
    let changes = [(
        "if LOST.contains(&packets) {\n            println!(\"  lost: order",
        "if true {\n            println!(\"  lost: order",
    )];
    let start = Instant::now();
    let (status, lines) = udp(&changes).await?;
    let took = start.elapsed();
    let lost = ["  lost: order 1"; 5];
    let right = lines[..lines.len() - 1] == lost[..];
    let last = lines.last().map(String::as_str);
    ensure!(
        status == Some(1) && right && last == Some("Error: order 1: no reply to 5 packets"),
        "{status:?} {lines:?}"
    );
    ensure!(took >= Duration::from_secs(2), "{took:?}");
    Ok(())
}

const ALL: [&str; 5] = [
    "order 1: 19 loaves left (try 1)",
    "order 2: 18 loaves left (try 2)",
    "order 3: 17 loaves left (try 1)",
    "order 4: 16 loaves left (try 3)",
    "order 5: 15 loaves left (try 1)",
];

fn orders(lines: &[String]) -> Vec<&str> {
    let lines = lines.iter().map(String::as_str);
    lines.filter(|it| it.starts_with("order ")).collect()
}

/// Runs a copy of `udp` with these changes; its exit status, and what it prints.
async fn udp(changes: &[(&str, &str)]) -> Result<(Option<i32>, Vec<String>)> {
    let copy = build_changed(root(), "examples-io", "udp", changes)?;
    let mut terminal = Terminal::open()?;
    let path = copy.path().join("udp");
    let mut job = terminal.start(&format!("exec '{}'", path.display()))?;
    let mut lines = Vec::new();
    let deadline = Instant::now() + Duration::from_secs(20);
    let status = terminal.wait(&mut job, deadline, &mut lines)?;
    Ok((status, lines.into_iter().map(|line| line.text).collect()))
}
