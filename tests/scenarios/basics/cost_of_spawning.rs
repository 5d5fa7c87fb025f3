//! `cost_of_spawning` and the tasks that it measures.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("whole_tasks", whole_tasks).slow()]
}

/// When the clock stops, all tasks have run but the one that measures: `main` would
/// have to wake a worker thread for each. (The transcript allows five times the time of
/// a call.) On one thread, no task would run without an `.await`.
async fn whole_tasks() -> Result<()> {
    let changes = [
        (
            "#[tokio::main]",
            "#[tokio::main(flavor = \"current_thread\")]",
        ),
        ("ROUNDS: u32 = 5", "ROUNDS: u32 = 1"),
        (
            "        best[1] = ",
            "        let metrics = tokio::runtime::Handle::current().metrics();
        println!(\"tasks: {}\", metrics.num_alive_tasks());
        best[1] = ",
        ),
    ];
    let (_, lines) = run_changed("examples-basics", "cost_of_spawning", &changes, "").await?;
    ensure!(
        lines.first().is_some_and(|line| line == "tasks: 1"),
        "when the clock stops, there is to be one task, the one that measures: {lines:?}"
    );
    Ok(())
}
