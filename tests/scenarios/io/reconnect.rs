//! `reconnect` with a server that does not answer, or answers something else.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use harness::Terminal;
use harness::repository::build_changed;
use harness::workspace::root;

use crate::scenarios::support::clients::Mute;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("no_answer", no_answer).slow(),
        scenario("another_number", another_number).slow(),
        scenario("short_pause_again", short_pause_again).slow(),
    ]
}

/// A machine that does not answer is tried again after 300 ms and a pause.
async fn no_answer() -> Result<()> {
    let server = Mute::start().await?;
    let silent = format!("let address = {:?}.parse()?;", server.address.to_string());
    let change = ("let address = listener.local_addr()?;", &*silent);
    let lines = first_lines(&[change], 2, 5)?;
    let late = "0 of 8 delivered: deadline has elapsed; next try in ";
    ensure!(
        lines.len() >= 2 && lines.iter().all(|line| line.starts_with(late)),
        "two tries in 5 s: {lines:?}"
    );
    Ok(())
}

/// A server that acknowledges another message than the last one has not confirmed
/// this one: it is sent again.
async fn another_number() -> Result<()> {
    let change = (
        "_ => stream.write_u8(message).await?",
        "_ => stream.write_u8(message - message / 8).await?",
    );
    let lines = first_lines(&[change, PATIENT], 5, 20)?;
    let other = "7 of 8 delivered: it acknowledged 7; next try in ";
    ensure!(
        lines.last().is_some_and(|line| line.starts_with(other)),
        "{other:?} is expected: {lines:?}"
    );
    Ok(())
}

/// After a success, the pauses are short again: here the first two connections
/// deliver nothing, and the third one does.
async fn short_pause_again() -> Result<()> {
    let change = (
        "HangUp if message == 5 => break",
        "HangUp if message == 5 || received.len() + repeats as usize <= 2 => break",
    );
    let lines = first_lines(&[change, PATIENT], 4, 20)?;
    let expected = [
        "0 of 8 delivered: unexpected end of file; next try in 67ms",
        "0 of 8 delivered: unexpected end of file; next try in 147ms",
        "4 of 8 delivered: deadline has elapsed; next try in 88ms",
        "4 of 8 delivered: unexpected end of file; next try in 122ms",
    ];
    ensure!(lines == expected, "{expected:?} is expected: {lines:?}");
    Ok(())
}

/// On a busy machine, its server answers later than in 300 ms.
const PATIENT: (&str, &str) = (
    "const SERVER_TIMEOUT: Duration = Duration::from_millis(300);",
    "const SERVER_TIMEOUT: Duration = Duration::from_secs(2);",
);

/// What it prints first, within so many seconds, with these changes in its file.
fn first_lines(changes: &[(&str, &str)], count: usize, seconds: u64) -> Result<Vec<String>> {
    let copy = build_changed(root(), "examples-io", "reconnect", changes)?;
    let terminal = Terminal::open()?;
    let path = copy.path().join("reconnect");
    let job = terminal.start(&format!("exec '{}'", path.display()))?;
    let mut lines = Vec::new();
    let deadline = Instant::now() + Duration::from_secs(seconds);
    while lines.len() < count && terminal.read_until(deadline, &mut lines)? {}
    drop(job);
    Ok(lines.into_iter().map(|line| line.text).collect())
}
