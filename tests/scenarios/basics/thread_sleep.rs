//! `thread_sleep` whose other task panics.

use std::process::Command;

use anyhow::{Result, ensure};
use harness::repository::build_changed;
use harness::workspace::root;

use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("panics", panics).slow()]
}

/// Each of the two tasks is awaited: if it panics, `main` fails at once. (The argument
/// says which.)
async fn panics() -> Result<()> {
    let changes = [
        (
            "thread::sleep(Duration::from_secs(2))",
            "thread::sleep(Duration::from_millis(10))",
        ),
        (
            "    sleep(Duration::from_secs(2))",
            "    sleep(Duration::from_millis(10))",
        ),
        (
            "async fn other_task() {",
            "static TASKS: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(1);

async fn other_task() {
    let number = TASKS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    assert_ne!(std::env::args().next_back().unwrap(), number.to_string());",
        ),
    ];
    let name = "thread_sleep";
    let copy = build_changed(root(), "examples-basics", name, &changes)?;
    for (panics, expected, lines) in [("none", 0, 4), ("1", 1, 1), ("2", 1, 3)] {
        let done = Command::new(copy.path().join(name)).arg(panics).output()?;
        let printed = String::from_utf8(done.stdout)?;
        let status = done.status.code();
        ensure!(
            status == Some(expected) && printed.lines().count() == lines,
            "task {panics} panics: {lines} lines and status {expected} are expected, \
             not {status:?} after {printed:?}"
        );
    }
    Ok(())
}
