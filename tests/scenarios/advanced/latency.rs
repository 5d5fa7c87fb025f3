//! `latency` with latencies that are known.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("percentiles", percentiles).slow()]
}

/// Of 1 to 500 ms, one each: 1% are longer than the 99th percentile, or as long.
async fn percentiles() -> Result<()> {
    let known = "report(\"calm\", (1..=500).map(Duration::from_millis).collect());";
    let changes = [("report(\"calm\", measure().await);", known)];
    let (status, lines) = run_changed("examples-advanced", "latency", &changes, "").await?;
    let expected = "calm: average 250 ms, p50 251 ms, p99 496 ms";
    ensure!(
        status == 0 && lines.first().is_some_and(|line| line == expected),
        "{expected:?} is expected first: {status}: {lines:?}"
    );
    Ok(())
}
