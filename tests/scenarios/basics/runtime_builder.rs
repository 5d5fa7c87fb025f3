//! `runtime_builder` and its worker threads.

use std::thread::available_parallelism;

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("workers", workers).slow()]
}

/// The runtime that stands for `#[tokio::main]` has a worker for each core.
async fn workers() -> Result<()> {
    let change = [(
        "    runtime.block_on(greet_user());",
        "    println!(\"{} workers\", runtime.metrics().num_workers());",
    )];
    let (_, lines) = run_changed("examples-basics", "runtime_builder", &change, "").await?;
    let right = format!("{} workers", available_parallelism()?);
    ensure!(
        lines.contains(&right),
        "{right} are expected, not {lines:?}"
    );
    Ok(())
}
