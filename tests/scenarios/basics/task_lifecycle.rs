//! `task_lifecycle` and how long its last task waits.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("waits", waits).slow()]
}

/// The task in the garden waits for 100 ms and is then aborted. (The transcript would be
/// the same if it never started.)
async fn waits() -> Result<()> {
    let changes = [
        (
            "#[tokio::main]",
            "#[tokio::main(flavor = \"current_thread\", start_paused = true)]",
        ),
        (
            "        _ => pending().await,",
            "        _ => {
            let _waiting = Waiting(tokio::time::Instant::now());
            pending().await
        }",
        ),
        (
            "fn report(",
            "struct Waiting(tokio::time::Instant);

impl Drop for Waiting {
    fn drop(&mut self) {
        println!(\"waited: {} ms\", self.0.elapsed().as_millis() / 10 * 10);
    }
}

fn report(",
        ),
    ];
    let (_, lines) = run_changed("examples-basics", "task_lifecycle", &changes, "").await?;
    ensure!(
        lines.len() > 1 && lines[lines.len() - 2] == "waited: 100 ms",
        "a task that has waited 100 ms is expected before the last line: {lines:?}"
    );
    Ok(())
}
