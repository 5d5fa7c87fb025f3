//! `spawn` with a task that panics.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::{exact_times, run_changed};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        exact_times("examples-basics", "spawn"),
        scenario("other_task", other_task).slow(),
    ]
}

/// Whichever task panics, the other one is still done before `main` fails.
async fn other_task() -> Result<()> {
    for (panics, other) in [(1, 2), (2, 1)] {
        let finished =
            format!("assert_ne!(id, {panics});\n    println!(\"Task {{id}} finished\");");
        let changes = [
            (
                "Duration::from_secs(2)",
                "Duration::from_millis(100 * u64::from(id))",
            ),
            ("println!(\"Task {id} finished\");", &finished),
        ];
        let (status, lines) = run_changed("examples-basics", "spawn", &changes, "").await?;
        let is_done = lines.contains(&format!("Task {other} finished"));
        ensure!(
            is_done && status == 1,
            "status 1 after the end of task {other} is expected, not {status} after {lines:?}"
        );
    }
    Ok(())
}
