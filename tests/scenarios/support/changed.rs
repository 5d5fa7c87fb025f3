//! What servers of examples-io do not show as they are, and is therefore shown
//! by copies of them with another line or two: a panic in the task of one
//! connection, a pause that lasts.

use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::pattern::{Match, Pattern};
use harness::repository::build_changed;
use harness::workspace::root;
use harness::{Header, Terminal};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::clients::{closed, exchange};
use super::faults::{Running, Service, greeted, talk};
use super::runner::{Scenario, scenario};

pub const FINISHED: &[&str] = &[
    "stopping: 5 connections still open",
    "stopped: 5 drained, 0 cut",
];

/// Starts a copy of a server, in whose file some parts are others.
pub fn start<S: Service>(changes: &[(&str, &str)], setup: &str) -> Result<(Running, TempDir)> {
    let copy = build_changed(root(), "examples-io", S::NAME, changes)?;
    let server = S::start(&copy.path().join(S::NAME), "127.0.0.1:0", setup)?;
    Ok((server, copy))
}

/// With these changes, one of its tasks panics, five times: each panic's message
/// appears, the server answers all others, accepts new ones, and counts right when it stops.
pub async fn panics<S: Service>(changes: &[(&str, &str)], stopped: &[&str]) -> Result<()> {
    let (mut server, _copy) = start::<S>(changes, "")?;
    let served = panic_five_times::<S>(server.address).await;
    let good = served.with_context(|| format!("{:?}", server.output()))?;

    server.signal("TERM")?;
    server.wait_for("stop")?;
    // A server that cuts them has no more to say, not even that they leave.
    let cut = (stopped.len() == 1).then_some(good);
    let status = server.wait(Duration::from_secs(2))?;
    drop(cut);
    let output = server.output();
    let last = &output[output.len().saturating_sub(stopped.len())..];
    // On several threads, the last panic's task may end a moment after its connection.
    let one_more = ["stopped: 6 cut"];
    ensure!(
        status == 0 && (last == stopped || last == one_more),
        "it is to end with status 0 and {stopped:?}, not with status {status} and {last:?}"
    );
    let reports = output.iter().filter(|line| *line == "told to").count();
    ensure!(reports == 5, "of five panics it has reported {reports}");
    Ok(())
}

/// Gives five clients that have been served all along, or since then.
async fn panic_five_times<S: Service>(address: SocketAddr) -> Result<Vec<TcpStream>> {
    let mut good = Vec::new();
    for number in 0..4 {
        good.push(greeted::<S>(address, number).await?);
    }
    for time in 1..=5 {
        let mut bad = greeted::<S>(address, 4).await?;
        let panic = async {
            exchange(&mut bad, b"PANIC\n", b"").await?;
            closed(&mut bad).await
        };
        let talk_on = async {
            for (number, client) in good.iter_mut().enumerate() {
                let served = talk::<S>(client, number).await;
                served.with_context(|| format!("beside panic {time}"))?;
            }
            Ok(())
        };
        tokio::try_join!(panic, talk_on)?;
    }
    let new = greeted::<S>(address, 4).await;
    good.push(new.context("a new client")?);
    for (number, client) in good.iter_mut().enumerate() {
        talk::<S>(client, number).await?;
    }
    Ok(good)
}

/// Without a descriptor for the next client, a server waits before it tries again;
/// here for an hour. A connection that closes does not cut the pause short. The
/// server hears Ctrl-C all the same, and so also the second one.
pub async fn stops_in_back_off<S: Service>(pause: &str, drains: bool) -> Result<()> {
    let pause = format!("sleep(Duration::{pause})");
    let hour = [(pause.as_str(), "sleep(Duration::from_secs(3600))")];
    let (mut server, _copy) = start::<S>(&hour, "ulimit -n 24;")?;
    let mut clients = Vec::new();
    for _ in 0..24 {
        clients.push(TcpStream::connect(server.address).await?);
    }
    server.wait_for("cannot accept: ")?;
    drop(clients.remove(0));
    sleep(Duration::from_millis(300)).await;
    let output = server.output();
    let tries = output.iter().filter(|it| it.starts_with("cannot accept"));
    let tries = tries.count();
    ensure!(tries == 1, "in its pause it has tried {tries} times");
    server.signal("INT")?;
    if drains {
        server.wait_for("stopping: ")?;
        server.signal("INT")?;
    }
    server.ends(Duration::from_secs(2), &[])
}

/// Runs an example with these changes to its end; gives its exit status and its
/// lines.
pub async fn run_changed(
    package: &str,
    name: &str,
    changes: &[(&str, &str)],
    arguments: &str,
) -> Result<(i32, Vec<String>)> {
    let copy = build_changed(root(), package, name, changes)?;
    let binary = name.split('/').next().unwrap_or(name);
    let path = copy.path().join(binary);
    let command = format!("exec '{}' {arguments}", path.display());
    let run = move || Terminal::open()?.run(&command, Duration::from_secs(20));
    let ended = spawn_blocking(run).await?;
    ended.with_context(|| format!("the changed {name}"))
}

/// Runs an example with these changes, and expects that it ends with status 0 and
/// this last line.
pub async fn ends_with(
    package: &str,
    name: &str,
    changes: &[(&str, &str)],
    last: &str,
) -> Result<()> {
    let (status, lines) = run_changed(package, name, changes, "").await?;
    ensure!(
        status == 0 && lines.last().is_some_and(|line| line == last),
        "the changed {name} is to end with status 0 and {last:?}, not with status {status}, \
         after {lines:?}"
    );
    Ok(())
}

/// A change: the clock is paused, and there is one thread. The times are exact then,
/// and the order in which tasks run is always the same.
pub const PAUSED: (&str, &str) = (
    "#[tokio::main]",
    "#[tokio::main(flavor = \"current_thread\", start_paused = true)]",
);

/// A change: the example's client waits for its own server as long as a busy machine
/// may need, and not one second.
pub const PATIENT: (&str, &str) = (
    ".timeout(Duration::from_secs(1))",
    ".timeout(Duration::from_secs(10))",
);

/// Runs an example with these changes, and expects that it ends with this status and
/// these lines, in which `[..]` is any text.
pub async fn prints(
    package: &str,
    name: &str,
    changes: &[(&str, &str)],
    status: i32,
    expected: &[&str],
) -> Result<()> {
    let (ended, lines) = run_changed(package, name, changes, "").await?;
    ensure!(
        ended == status && are(&lines, expected),
        "the changed {name} is to end with status {status} after {expected:?}, not with status \
         {ended} after {lines:?}"
    );
    Ok(())
}

fn are(lines: &[String], expected: &[impl AsRef<str>]) -> bool {
    let mut pairs = lines.iter().zip(expected);
    lines.len() == expected.len()
        && pairs.all(|(line, text)| Pattern::new(text.as_ref()).matches(line) == Match::Yes)
}

/// On a paused clock, an example prints each line of its header exactly when it is due.
/// (In the transcript, whose lines may come 100 ms too late, longer sleeps would pass.)
pub fn exact_times(package: &'static str, name: &'static str) -> Scenario {
    scenario("exact_times", move || keeps_times(package, name)).slow()
}

async fn keeps_times(package: &str, name: &str) -> Result<()> {
    let changes = [(
        "#[tokio::main]\nasync fn main()",
        "static START: std::sync::OnceLock<tokio::time::Instant> = std::sync::OnceLock::new();

macro_rules! println {
    ($($what:tt)*) => {{
        let line = format!($($what)*);
        let time = START.get().unwrap().elapsed().as_millis() / 10 * 10;
        std::println!(\"{time} ms: {line}\");
    }};
}

fn main() -> impl std::process::Termination {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    runtime.unwrap().block_on(async {
        START.get_or_init(tokio::time::Instant::now);
        timed().await
    })
}

async fn timed()",
    )];
    let (status, mut lines) = run_changed(package, name, &changes, "").await?;
    let file = root().join(package).join("src/bin").join(name);
    let header = Header::parse(&fs::read_to_string(file.with_extension("rs"))?)?;
    let expected = header.commands().flat_map(|command| &command.expected);
    let mut expected: Vec<String> = expected
        .map(|line| {
            let due = line.due.unwrap_or_default().as_millis();
            format!("{due} ms: {}", line.text)
        })
        .collect();
    if header.transcripts.iter().any(|it| it.unordered) {
        expected.sort();
        lines.sort();
    }
    ensure!(
        status == 0 && are(&lines, &expected),
        "on a paused clock, {name} is to end with status 0 after {expected:?}, not with status \
         {status} after {lines:?}"
    );
    Ok(())
}
