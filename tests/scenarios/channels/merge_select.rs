//! `merge_select` whose cameras and doors are always busy.

use anyhow::{Context, Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("busy_cameras", busy_cameras).slow()]
}

/// `fixed` keeps neither channel waiting: the first door comes long before the last
/// camera, and the first camera long before the last door. It receives all events,
/// whichever channel is closed first: each takes a round, and the end one more.
async fn busy_cameras() -> Result<()> {
    let changes = [
        (
            "    let rounds = fixed(closed(), door_in_100_ms()).await;",
            "    for (cameras, doors) in [
        (full(\"camera\"), full(\"door\")),
        (full(\"camera\"), closed()),
        (closed(), full(\"door\")),
    ] {
        println!(\"closed after {} rounds\", fixed(cameras, doors).await);
    }
    let rounds = 0;",
        ),
        (
            "Some(_event) = cameras.recv() => {}",
            "Some(_event) = cameras.recv() => println!(\"a camera after {} rounds\", rounds - 1),",
        ),
        (
            "Some(_event) = doors.recv() => {}",
            "Some(_event) = doors.recv() => println!(\"a door after {} rounds\", rounds - 1),",
        ),
    ];
    let (_, lines) = run_changed("examples-channels", "merge_select", &changes, "").await?;
    for event in ["door", "camera"] {
        let after = format!("a {event} after ");
        let first = lines.iter().find_map(|line| line.strip_prefix(&after));
        let rounds = first.and_then(|rest| rest.strip_suffix(" rounds"));
        let rounds = rounds.with_context(|| format!("no {event}: {lines:?}"))?;
        let rounds: u32 = rounds.parse()?;
        ensure!(rounds < 20, "the first {event} comes after {rounds} rounds");
    }
    let closed: Vec<_> = lines
        .iter()
        .filter_map(|line| line.strip_prefix("closed after "))
        .collect();
    let expected = ["201 rounds", "101 rounds", "101 rounds"];
    ensure!(
        closed == expected,
        "all are closed after {expected:?}, not {closed:?}"
    );
    Ok(())
}
