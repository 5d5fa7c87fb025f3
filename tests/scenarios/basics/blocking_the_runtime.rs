//! `blocking_the_runtime` and how long its jobs take and block.

use anyhow::{Context, Result, ensure};
use harness::suite::Company;

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, run};

pub fn scenarios() -> Vec<Scenario> {
    vec![Scenario::new("whole_jobs", Company::Sleepers, || run(whole_jobs())).slow()]
}

/// The heartbeat runs beside the whole job: 1 s of sleep, 200 ms of computing.
/// Where the job blocks, the heartbeat stops that long, never for less. (The
/// transcript allows half of that.)
async fn whole_jobs() -> Result<()> {
    let changes = [(
        "let gap = runtime.block_on(longest_gap(job)).as_millis();",
        "let start = Instant::now();
    let gap = runtime.block_on(longest_gap(job)).as_millis();
    println!(\"{workers} workers, {name}: done in {} ms\", start.elapsed().as_millis());",
    )];
    let (_, lines) = run_changed("examples-basics", "blocking_the_runtime", &changes, "").await?;
    for (name, least) in [
        ("2 workers, good_example: done in ", 1000),
        ("2 workers, bad_example: longest gap ", 1000),
        ("16 workers, bad_example: longest gap ", 1000),
        ("2 workers, cpu_intensive_work: longest gap ", 200),
        ("2 workers, spawn_blocking: done in ", 200),
    ] {
        let time = lines.iter().find_map(|line| line.strip_prefix(name));
        let time = time.and_then(|time| time.strip_suffix(" ms")?.parse::<u32>().ok());
        let time = time.with_context(|| format!("no {name:?}: {lines:?}"))?;
        ensure!(
            time >= least,
            "{name}{time} ms, not {least} or more: {lines:?}"
        );
    }
    Ok(())
}
