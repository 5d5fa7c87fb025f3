//! `buffer_unordered` with two limits, with two errors, and with short waits.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("smaller_limit", smaller_limit).slow()]
}

/// Each way is counted by itself, also one with a smaller limit than the one before,
/// and the most that were open count, not the last. Of two errors, none is lost. With
/// a limit of 0 there is no answer, though each takes 40 ms at most.
async fn smaller_limit() -> Result<()> {
    let changes = [
        (
            "        .buffer_unordered(LIMIT)\n",
            "        .buffer_unordered(3)\n",
        ),
        (
            "sleep(Duration::from_millis(latency))",
            "sleep(Duration::from_millis(latency / 10))",
        ),
        ("        3 => Err(", "        3 | 7 => Err("),
        (
            "    report(\"concurrent_processing\"",
            "    let _ = fetch_user(2).await;
    report(\"concurrent_processing\"",
        ),
    ];
    let (_, lines) = run_changed("examples-advanced", "buffer_unordered", &changes, "").await?;
    let open = |way: &str, most: &str| {
        let mut lines = lines.iter();
        lines.any(|line| line.starts_with(way) && line.ends_with(most))
    };
    ensure!(
        open("buffered: ", "at most 10 open") && open("concurrent_", "at most 3 open"),
        "at most 10 and then 3 open are expected: {lines:?}"
    );
    let both = |line: &&String| line.contains("no user 3") && line.contains("no user 7");
    ensure!(
        lines.iter().filter(both).count() == 3,
        "no user 3 and no user 7 are expected three times: {lines:?}"
    );
    let never = "buffer_unordered(0): no answer after 100 ms";
    ensure!(
        lines.last().is_some_and(|line| line == never),
        "{never:?} is expected at the end: {lines:?}"
    );
    Ok(())
}
