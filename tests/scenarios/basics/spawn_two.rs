//! `spawn_two` with a task that panics.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::{exact_times, run_changed};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        exact_times("examples-basics", "spawn_two"),
        scenario("either_panics", either_panics).slow(),
    ]
}

/// Whichever task panics, the other one completes, and then `main` fails.
async fn either_panics() -> Result<()> {
    for (panics, other) in [(1, 2), (2, 1)] {
        let completes = format!("println!(\"Task {panics} completed\");");
        let changes = [
            ("from_secs(1)", "from_millis(10)"),
            ("from_secs(2)", "from_millis(20)"),
            (completes.as_str(), "panic!();"),
        ];
        let (status, lines) = run_changed("examples-basics", "spawn_two", &changes, "").await?;
        ensure!(
            status == 1 && lines.contains(&format!("Task {other} completed")),
            "task {panics} panics: status 1 after the end of task {other} is expected, \
             not {status} after {lines:?}"
        );
    }
    Ok(())
}
