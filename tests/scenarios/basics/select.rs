//! `select` again and again.

use std::process::Command;

use anyhow::{Result, ensure};
use harness::workspace::binary;

use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("same_order", same_order).slow()]
}

/// The near mirror is asked first in each run: without `biased`, it would be in
/// half of them.
async fn same_order() -> Result<()> {
    for run in 1..=20 {
        let output = Command::new(binary("select")?).output()?;
        let output = String::from_utf8(output.stdout)?;
        ensure!(
            output.starts_with("near: asked\nfar: asked\n"),
            "run {run} prints\n{output}"
        );
    }
    Ok(())
}
