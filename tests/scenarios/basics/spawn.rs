//! `spawn` with a task that panics.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("other_task", other_task).slow()]
}

/// If task 1 panics after a second, task 2 is still done before `main` fails.
async fn other_task() -> Result<()> {
    let changes = [
        ("Duration::from_secs(2)", "Duration::from_secs(id.into())"),
        (
            "    println!(\"Task {id} finished\");",
            "    assert_ne!(id, 1);\n    println!(\"Task {id} finished\");",
        ),
    ];
    let (status, lines) = run_changed("examples-basics", "spawn", &changes, "").await?;
    let is_done = lines.iter().any(|line| line == "Task 2 finished");
    ensure!(
        is_done && status == 1,
        "status 1 after the end of task 2 is expected, not {status} after {lines:?}"
    );
    Ok(())
}
