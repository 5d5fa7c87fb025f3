//! `merge_select` whose cameras are always busy.

use anyhow::{Context, Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("busy_cameras", busy_cameras).slow()]
}

/// `fixed` serves the doors too: the first one long before the last camera.
async fn busy_cameras() -> Result<()> {
    let changes = [
        (
            "fixed(closed(), door_in_100_ms())",
            "fixed(full(\"camera\"), full(\"door\"))",
        ),
        (
            "Some(_event) = doors.recv() => {}",
            "Some(_event) = doors.recv() => println!(\"a door after {} rounds\", rounds - 1),",
        ),
    ];
    let (_, lines) = run_changed("examples-channels", "merge_select", &changes, "").await?;
    let first = lines
        .iter()
        .find_map(|line| line.strip_prefix("a door after "));
    let rounds = first.and_then(|rest| rest.strip_suffix(" rounds"));
    let rounds = rounds.with_context(|| format!("no door: {lines:?}"))?;
    let rounds: u32 = rounds.parse()?;
    ensure!(rounds < 20, "the first door comes after {rounds} rounds");
    Ok(())
}
