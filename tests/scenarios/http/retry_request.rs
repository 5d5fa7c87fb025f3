//! `retry_request` with many clients, and with an answer that will not change.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("jitter", jitter).slow(),
        scenario("not_found", not_found).slow(),
    ]
}

/// A hundred clients that have failed together do not return together. The clock is
/// paused, since a busy machine would spread them too.
async fn jitter() -> Result<()> {
    let changes = [
        (
            "#[tokio::main]",
            "#[tokio::main(flavor = \"current_thread\", start_paused = true)]",
        ),
        (
            "use std::time::{Duration, Instant};\n",
            "use std::time::Duration;\nuse tokio::time::Instant;\n",
        ),
        (
            "println!(\"down, 100 calls of get: {} attempts\", take_attempts().len());",
            "let mut times = take_attempts();
    times.sort();
    println!(\"{} {}\", times[100], times[199]);",
        ),
    ];
    let (status, lines) = run_changed("examples-http", "retry_request", &changes, "").await?;
    ensure!(status == 0 && lines.len() == 3, "{status}: {lines:?}");
    // The second attempts: the first and the last of them.
    let Some((first, last)) = lines[1].split_once(' ') else {
        anyhow::bail!("{lines:?}");
    };
    let (first, last): (u32, u32) = (first.parse()?, last.parse()?);
    ensure!(first >= 50, "too early: {first} ms");
    ensure!(
        last - first > 30,
        "all within {} ms: from {first} to {last} ms",
        last - first
    );
    Ok(())
}

/// A page that does not exist is asked for once.
async fn not_found() -> Result<()> {
    let changes = [(
        "push(Instant::now());\n    StatusCode::SERVICE_UNAVAILABLE",
        "push(Instant::now());\n    StatusCode::NOT_FOUND",
    )];
    let (status, lines) = run_changed("examples-http", "retry_request", &changes, "").await?;
    let right = [
        "down, 100 calls of get: 100 attempts",
        "down, 100 calls of get_within_budget: 100 attempts",
    ];
    ensure!(status == 0 && lines[1..] == right, "{status}: {lines:?}");
    Ok(())
}
