//! `many_tasks` with tasks that sleep longer than the program expects.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("joins", joins).slow()]
}

/// The tasks that wake up are awaited, and not only assumed to be awake by then.
async fn joins() -> Result<()> {
    let changes = [
        ("100_000", "10"),
        ("Duration::from_secs(3)", "Duration::from_millis(100)"),
        ("tasks.spawn(sleep(NAP))", "tasks.spawn(sleep(10 * NAP))"),
        ("usize = 1000", "usize = 1"),
    ];
    let (status, lines) = run_changed("examples-basics", "many_tasks", &changes, "").await?;
    let last = lines.last().map_or("", String::as_str);
    let time = last
        .strip_prefix("10 tasks woke up, ")
        .and_then(|rest| rest.split(' ').next())
        .and_then(|seconds| seconds.parse::<f64>().ok());
    ensure!(
        status == 0 && time.is_some_and(|seconds| seconds >= 1.0),
        "10 tasks that sleep for 1 s: {status}: {lines:?}"
    );
    Ok(())
}
