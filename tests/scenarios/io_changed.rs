//! What programs of examples-io do not show as they are, and is therefore shown
//! by copies of them with another line or two: a panic in the task of one
//! connection, a limit of ten minutes, a network that doubles packets.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use libtest_mimic::Trial;
use tempfile::TempDir;
use tests::repository::build_changed;
use tests::workspace::root;
use tests::{Server, Terminal};
use tokio::net::TcpStream;
use tokio::time::sleep;

use super::clients::{Address, closed, exchange};
use super::faults::{HOUR, SECOND, say_until_cut};
use super::scenario;

pub fn tests() -> Vec<Trial> {
    let mut tests = vec![
        scenario("io::chat_idle_limit", chat_idle_limit),
        scenario("io::udp_late_replies", udp_late_replies),
    ];
    for case in &CASES {
        let name = format!("io::{}_panic", case.server);
        tests.push(scenario(&name, move || panic(case)));
    }
    #[cfg(unix)]
    tests.push(scenario("io::unix_socket_panic", unix_socket_panic));
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

static CASES: [Case; 5] = [
    Case {
        server: "echo",
        changes: &[before!(
            "stream.write_all(&buffer).await?;",
            r#"assert!(buffer != b"PANIC\n", "told to");"#
        )],
        hello: ["hello", "hello"],
        talk: ["one of many", "one of many"],
        stopped: DRAINED,
    },
    Case {
        // While the store is locked.
        server: "line_server",
        changes: &[before!(
            "match (verb, key, words.next()) {",
            r#"assert!(verb != "PANIC", "told to");"#
        )],
        hello: ["SET tea# hot\n", "OK\n"],
        talk: ["GET tea0\nDEL milk\n", "OK hot\nNONE\n"],
        stopped: DRAINED,
    },
    Case {
        // While the rooms are locked. The next one of the same name gets in.
        server: "chat",
        changes: &[before!(
            "let full =",
            r#"assert!(!line.ends_with(": PANIC\n"), "told to");"#
        )],
        hello: ["room# ann\n", "* ann joined\n"],
        talk: ["Is there tea?\n", "ann: Is there tea?\n"],
        stopped: DRAINED,
    },
    Case {
        server: "proxy",
        changes: &[before!(
            "active.store(true, Relaxed);",
            r#"assert!(buffer != b"PANIC\n", "told to");"#
        )],
        hello: ["hello", "hello"],
        talk: ["one of many", "one of many"],
        stopped: DRAINED,
    },
    Case {
        server: "heartbeat",
        changes: &[
            before!(
                "Some(_) => deadline =",
                r#"Some(line) if line == "PANIC" => panic!("told to"),"#
            ),
            // Which a client keeps on a busy machine too.
            (
                "const SILENCE: Duration = Duration::from_millis(300)",
                "const SILENCE: Duration = Duration::from_secs(10)",
            ),
        ],
        hello: ["", "ping\n"],
        talk: ["pong\n", "ping\n"],
        stopped: &["stopped: 5 cut"],
    },
];

#[cfg(unix)]
static UNIX_SOCKET: Case = Case {
    server: "unix_socket",
    changes: &[before!(
        "match request.strip_suffix(b\"\\r\").unwrap_or(request) {",
        r#"assert!(request != b"PANIC", "told to");"#
    )],
    hello: ["hello\n", "ERROR neither NEXT nor WHO: \"hello\"\n"],
    talk: ["tea?\n", "ERROR neither NEXT nor WHO: \"tea?\"\n"],
    stopped: DRAINED,
};

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

#[cfg(unix)]
async fn unix_socket_panic() -> Result<()> {
    let Case {
        server, changes, ..
    } = UNIX_SOCKET;
    let copy = build_changed(root(), "examples-io", server, changes)?;
    let (path, socket) = (copy.path().join(server), copy.path().join("socket"));
    let command = format!("exec '{}' '{}' #", path.display(), socket.display());
    let server = Server::start_on_path(server, &command, &socket)?;
    survives_panics(&UNIX_SOCKET, server).await
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

/// A member that says nothing, and one that sends a byte a second, have to go;
/// one that says a line now and then stays.
async fn chat_idle_limit() -> Result<()> {
    let change = [(
        "const IDLE_LIMIT: Duration = Duration::from_secs(600)",
        "const IDLE_LIMIT: Duration = Duration::from_secs(5)",
    )];
    let (server, _copy) = start("chat", &change, "")?;
    let join = async |room: &str| {
        let mut client = TcpStream::connect(server.address).await?;
        let words = format!("{room} ann\n");
        exchange(&mut client, words.as_bytes(), b"* ann joined\n").await?;
        anyhow::Ok(client)
    };
    let silent = say_until_cut(join("cellar").await?, "", HOUR);
    let slow = say_until_cut(join("attic").await?, "x", SECOND);
    let mut good = join("kitchen").await?;
    let talk = async {
        for _ in 0..10 {
            exchange(&mut good, b"tea?\n", b"ann: tea?\n").await?;
            sleep(SECOND).await;
        }
        anyhow::Ok(())
    };
    let (silent, slow, talked) = tokio::join!(silent, slow, talk);
    talked?;
    for lasted in [silent, slow] {
        ensure!((4..9).contains(&lasted.as_secs()), "ended after {lasted:?}");
    }
    Ok(())
}

/// Each reply comes twice, the second time when another order is under way, and
/// is not taken for the reply to that.
async fn udp_late_replies() -> Result<()> {
    let change = [before!(
        "self.socket.send(&packet).await?;",
        "self.socket.send(&packet).await?;"
    )];
    let copy = build_changed(root(), "examples-io", "udp", &change)?;
    let mut terminal = Terminal::open()?;
    let path = copy.path().join("udp");
    let mut job = terminal.start(&format!("exec '{}'", path.display()))?;
    let mut lines = Vec::new();
    let deadline = Instant::now() + Duration::from_secs(20);
    let status = terminal.wait(&mut job, deadline, &mut lines)?;
    let texts = lines.iter().map(|line| line.text.as_str());
    let orders: Vec<_> = texts.filter(|it| it.starts_with("order ")).collect();
    let expected = [
        "order 1: 19 loaves left (try 1)",
        "order 2: 18 loaves left (try 2)",
        "order 3: 17 loaves left (try 1)",
        "order 4: 16 loaves left (try 3)",
        "order 5: 15 loaves left (try 1)",
    ];
    ensure!(
        status == Some(0) && orders == expected,
        "{status:?} {lines:?}"
    );
    Ok(())
}
