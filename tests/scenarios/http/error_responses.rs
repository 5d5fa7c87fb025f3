//! `error_responses` whose log nobody reads.

use std::io;
use std::process::Command;

use anyhow::{Result, ensure};
use harness::workspace::binary;

use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("unheard", unheard)]
}

/// A 500 is answered, even if the log cannot be written.
async fn unheard() -> Result<()> {
    let (reader, log) = io::pipe()?;
    drop(reader);
    let output = Command::new(binary("error_responses")?)
        .stderr(log)
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let last = "/broken/3/pay {\"cents\":500}: 500 ";
    ensure!(
        output.status.success() && said.lines().any(|line| line.starts_with(last)),
        "it is to go on to the last request; status: {}: {said}",
        output.status
    );
    Ok(())
}
