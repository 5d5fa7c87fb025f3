//! `race` and the number of its races.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::workspace::binary;

use crate::scenarios::support::changed::exact_times;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        exact_times("examples-basics", "race"),
        scenario("all_races", all_races),
    ]
}

/// Each of the 1000 races has one winner. (The transcript allows any figure near
/// 500.)
async fn all_races() -> Result<()> {
    let output = Command::new(binary("race")?).output()?;
    let output = String::from_utf8(output.stdout)?;
    let wins = output
        .lines()
        .find_map(|line| line.strip_prefix("both ready: "))
        .and_then(|line| line.split_once(" wins against "));
    let (one, two) = wins.with_context(|| format!("no wins: {output}"))?;
    let races = one.parse::<u32>()? + two.parse::<u32>()?;
    ensure!(races == 1000, "{one} and {two} wins are {races}, not 1000");
    Ok(())
}
