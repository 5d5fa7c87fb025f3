//! `watch` with a download that stops early.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("stops_early", stops_early).slow()]
}

/// Without its last value, the file is not called complete.
async fn stops_early() -> Result<()> {
    let change = [("    progress.send_replace(100);\n", "")];
    let (_, lines) = run_changed("examples-channels", "watch", &change, "").await?;
    ensure!(
        lines
            .iter()
            .any(|line| line == "the download has stopped early")
            && !lines.iter().any(|line| line == "the file is complete"),
        "the download has stopped early: {lines:?}"
    );
    Ok(())
}
