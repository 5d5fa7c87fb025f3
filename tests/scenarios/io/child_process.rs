//! `child_process` with a report that fails after it has written everything.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("failed_report", failed_report).slow()]
}

async fn failed_report() -> Result<()> {
    let change = ("200000 /dev/zero\";", "200000 /dev/zero; exit 3\";");
    let (status, lines) = run_changed("examples-io", "child_process", &[change], "").await?;
    let last = "Error: the report: exit status: 3";
    ensure!(
        status == 1 && lines.last().is_some_and(|line| line == last),
        "after a report that fails, status 1 and {last:?} are expected, not {status}: {lines:?}"
    );
    Ok(())
}
