//! `fan_in_fan_out` with a worker that panics.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("panics", panics).slow()]
}

/// If a worker panics, its steps are missing, and there is no summary.
async fn panics() -> Result<()> {
    let changes = [(
        "sleep(STEPS[step.number]).await;",
        "assert_ne!(step.order, 2);\n        sleep(STEPS[step.number]).await;",
    )];
    let (status, lines) = run_changed("examples-channels", "fan_in_fan_out", &changes, "").await?;
    ensure!(
        status == 101 && !lines.iter().any(|line| line.contains("out of order")),
        "a worker panics: status 101 and no summary are expected, not {status} and {lines:?}"
    );
    Ok(())
}
