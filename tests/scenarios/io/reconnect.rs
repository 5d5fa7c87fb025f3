//! `reconnect` with a server that does not answer.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use harness::Terminal;
use harness::repository::build_changed;
use harness::workspace::root;

use crate::scenarios::support::clients::Mute;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("no_answer", no_answer).slow()]
}

/// A machine that does not answer is tried again after 300 ms and a pause.
async fn no_answer() -> Result<()> {
    let server = Mute::start().await?;
    let silent = format!("let address = {:?}.parse()?;", server.address.to_string());
    let changes = [("let address = listener.local_addr()?;", &*silent)];
    let copy = build_changed(root(), "examples-io", "reconnect", &changes)?;
    let terminal = Terminal::open()?;
    let path = copy.path().join("reconnect");
    let job = terminal.start(&format!("exec '{}'", path.display()))?;
    let mut lines = Vec::new();
    let deadline = Instant::now() + Duration::from_secs(5);
    while lines.len() < 2 && terminal.read_until(deadline, &mut lines)? {}
    drop(job);
    let late = "0 of 8 delivered: deadline has elapsed; next try in ";
    ensure!(
        lines.len() >= 2 && lines.iter().all(|line| line.text.starts_with(late)),
        "two tries in 5 s: {lines:?}"
    );
    Ok(())
}
