//! `deadline` that passes in the first step.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("first_step", first_step).slow()]
}

/// The first step is canceled like the second.
async fn first_step() -> Result<()> {
    let changes = [
        (
            "#[tokio::main]",
            "#[tokio::main(flavor = \"current_thread\", start_paused = true)]",
        ),
        ("Duration::from_millis(500)", "Duration::from_millis(300)"),
    ];
    let (_, lines) = run_changed("examples-basics", "deadline", &changes, "").await?;
    let expected = ["broken: Err(Elapsed(()))", "fixed: Err(Elapsed(()))"];
    ensure!(
        lines == expected,
        "with a limit of 300 ms {expected:?} are expected, not {lines:?}"
    );
    Ok(())
}
