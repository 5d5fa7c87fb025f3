//! `sequential_vs_concurrent` with a spawned task that panics.

use std::process::Command;

use anyhow::{Result, ensure};
use harness::repository::build_changed;
use harness::workspace::root;

use crate::scenarios::support::changed::exact_times;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        exact_times("examples-basics", "sequential_vs_concurrent"),
        scenario("either_panics", either_panics).slow(),
    ]
}

/// Whichever task panics, `main` fails. (The argument says which.)
async fn either_panics() -> Result<()> {
    let changes = [
        (
            "#[tokio::main]",
            "#[tokio::main(flavor = \"current_thread\", start_paused = true)]",
        ),
        ("tokio::spawn(task1())", "tokio::spawn(panics_at(\"1\"))"),
        ("tokio::spawn(task2())", "tokio::spawn(panics_at(\"2\"))"),
        (
            "async fn task1() {",
            "async fn panics_at(number: &str) {
    assert_ne!(std::env::args().next_back().unwrap(), number);
}

async fn task1() {",
        ),
    ];
    let name = "sequential_vs_concurrent";
    let copy = build_changed(root(), "examples-basics", name, &changes)?;
    for (argument, expected) in [("none", 0), ("1", 1), ("2", 1)] {
        let done = Command::new(copy.path().join(name))
            .arg(argument)
            .output()?;
        let status = done.status.code();
        ensure!(
            status == Some(expected),
            "task {argument} panics: status {expected} is expected, not {status:?}"
        );
    }
    Ok(())
}
