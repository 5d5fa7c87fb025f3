//! `zero_cost` and the cost of a box.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::workspace::program;

use crate::scenarios::support::runner::{Scenario, alone};

pub fn scenarios() -> Vec<Scenario> {
    vec![alone("box_costs", box_costs).slow()]
}

/// A box takes longer than none. (The transcript allows a fifth of its time.)
async fn box_costs() -> Result<()> {
    let path = program(Some("examples-basics"), "zero_cost", true)?;
    let output = String::from_utf8(Command::new(path).output()?.stdout)?;
    let time = |name: &str| {
        let line = output.lines().find_map(|line| line.strip_prefix(name));
        let time = line.and_then(|line| line.strip_suffix(" ns"));
        let time: f64 = time
            .with_context(|| format!("no {name:?}: {output}"))?
            .parse()?;
        anyhow::Ok(time)
    };
    let ratio = time("Box::pin: ")? / time("async fn: ")?;
    ensure!(
        ratio > 1.5,
        "a box takes {ratio:.2} times as long: {output}"
    );
    Ok(())
}
