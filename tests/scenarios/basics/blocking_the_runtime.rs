//! `blocking_the_runtime` and how long its jobs block.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::suite::Company;
use harness::workspace::binary;

use crate::scenarios::support::runner::{Scenario, run};

pub fn scenarios() -> Vec<Scenario> {
    vec![Scenario::new("whole_jobs", Company::Sleepers, || run(whole_jobs())).slow()]
}

/// The heartbeat stops for the whole job, never for less: 1 s of sleep, 500 ms of
/// computing. (The transcript allows half of that.)
async fn whole_jobs() -> Result<()> {
    let output = Command::new(binary("blocking_the_runtime")?).output()?;
    let output = String::from_utf8(output.stdout)?;
    let gap = |name: &str| {
        let line = output.lines().find(|line| line.starts_with(name));
        let gap = line.and_then(|line| line.strip_suffix(" ms")?.rsplit(' ').next());
        let gap: u32 = gap
            .with_context(|| format!("no {name:?}: {output}"))?
            .parse()?;
        anyhow::Ok(gap)
    };
    for (name, least) in [
        ("2 workers, bad_example", 1000),
        ("16 workers, bad_example", 1000),
        ("2 workers, cpu_intensive_work", 500),
    ] {
        let gap = gap(name)?;
        ensure!(
            gap >= least,
            "{name}: {gap} ms, not {least} or more: {output}"
        );
    }
    Ok(())
}
