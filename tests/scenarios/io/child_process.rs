//! `child_process` with reports that fail, and with outputs of different lengths.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::{ends_with, run_changed};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("failed_report", failed_report).slow(),
        scenario("two_lengths", two_lengths).slow(),
    ]
}

/// A report that fails after it has written everything, or that is killed.
async fn failed_report() -> Result<()> {
    for (end, error) in [
        ("exit 3", "exit status: 3"),
        ("kill -9 $$", "signal: 9 (SIGKILL)"),
    ] {
        let ended = format!("200000 /dev/zero; {end}\";");
        let change = ("200000 /dev/zero\";", ended.as_str());
        let (status, lines) = run_changed("examples-io", "child_process", &[change], "").await?;
        let last = format!("Error: the report: {error}");
        ensure!(
            status == 1 && lines.last().is_some_and(|line| *line == last),
            "after a report that fails, status 1 and {last:?} are expected, not {status}: {lines:?}"
        );
    }
    Ok(())
}

/// Each output is counted by itself.
async fn two_lengths() -> Result<()> {
    let change = ("200000 /dev/zero\";", "100000 /dev/zero\";");
    let last = "fixed, output(): 100000 bytes of rows, 200000 of warnings";
    ends_with("examples-io", "child_process", &[change], last).await
}
