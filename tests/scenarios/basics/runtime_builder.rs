//! `runtime_builder`: its worker threads and its timers.

use std::thread::available_parallelism;

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("workers", workers).slow()]
}

/// The runtime that stands for `#[tokio::main]` has a worker for each core, and the
/// tasks of each runtime may sleep.
async fn workers() -> Result<()> {
    let changes = [
        (
            "    runtime.block_on(greet_user());",
            "    println!(\"{} workers\", runtime.metrics().num_workers());",
        ),
        (
            "runtime.spawn(async { thread_name() });",
            "runtime.spawn(async {
        sleep(Duration::from_millis(1)).await;
        thread_name()
    });",
        ),
    ];
    let (status, lines) = run_changed("examples-basics", "runtime_builder", &changes, "").await?;
    let right = format!("{} workers", available_parallelism()?);
    ensure!(
        lines.contains(&right),
        "{right} are expected, not {lines:?}"
    );
    ensure!(
        status == 0,
        "tasks that sleep end with status {status}: {lines:?}"
    );
    Ok(())
}
