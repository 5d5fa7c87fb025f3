//! `runtime_builder`: its worker threads, its timers and its names of threads.

use std::thread::available_parallelism;

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("workers", workers).slow(),
        scenario("unnamed_thread", unnamed_thread).slow(),
    ]
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

/// Both names are those of code that a runtime runs. `block_on` runs on the thread that
/// calls it, here one without a name.
async fn unnamed_thread() -> Result<()> {
    let changes = [
        ("from_secs(2)", "from_millis(1)"),
        (
            "fn main() -> io::Result<()> {",
            "fn main() -> io::Result<()> {
    thread::spawn(scene).join().unwrap()
}

fn scene() -> io::Result<()> {",
        ),
        (
            "fn thread_name() -> String {",
            "fn thread_name() -> String {
    let _inside = tokio::runtime::Handle::current();",
        ),
    ];
    let (status, mut lines) =
        run_changed("examples-basics", "runtime_builder", &changes, "").await?;
    lines.retain(|line| line.contains("block_on"));
    let expected = [
        "multi_thread: block_on runs on unnamed, tasks on tokio-rt-worker",
        "current_thread: block_on runs on unnamed, tasks on unnamed",
        "with a name: block_on runs on unnamed, tasks on my-worker",
    ];
    ensure!(
        status == 0 && lines == expected,
        "status 0 and {expected:?} are expected, not {status} and {lines:?}"
    );
    Ok(())
}
