//! `select_forms` again and again.

use std::process::Command;

use anyhow::{Result, ensure};
use harness::workspace::binary;

use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("closes_first", closes_first).slow()]
}

/// At 600 ms two branches are ready. Without `biased`, an order would be served
/// first in half of the runs, and another one taken.
async fn closes_first() -> Result<()> {
    for run in 1..=20 {
        let output = Command::new(binary("select_forms")?).output()?;
        let output = String::from_utf8(output.stdout)?;
        ensure!(
            output.contains("600 ms: the kitchen closes\n600 ms: order 3 served\n"),
            "run {run} prints\n{output}"
        );
    }
    Ok(())
}
