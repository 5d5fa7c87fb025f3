//! `unfinished_task` on a paused clock, and with a report that cannot be saved.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::{ends_with, run_changed};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("panics", panics).slow(),
        scenario("beside", beside).slow(),
    ]
}

/// `fixed` fails if its task does.
async fn panics() -> Result<()> {
    let change = [(
        "    println!(\"{version}: report saved\");",
        "    panic!(\"{version}: the disk is full\");",
    )];
    let (status, lines) = run_changed("examples-basics", "unfinished_task", &change, "").await?;
    let last = lines.last().map_or("", |line| line);
    ensure!(
        status == 1 && last.starts_with("Error: JoinError::Panic("),
        "a failure is expected, not status {status}: {lines:?}"
    );
    Ok(())
}

/// `fixed` does its other work while the task runs: both take as long as the task. (In
/// the transcript, whose lines may come 100 ms too late, it could await the task first.)
async fn beside() -> Result<()> {
    let changes = [
        (
            "#[tokio::main]\nasync fn fixed() -> Result<(), JoinError> {",
            "#[tokio::main(flavor = \"current_thread\", start_paused = true)]
async fn fixed() -> Result<(), JoinError> {
    let start = tokio::time::Instant::now();",
        ),
        (
            "println!(\"fixed: main returns\");",
            "println!(\"fixed: {} ms\", start.elapsed().as_millis() / 10 * 10);",
        ),
    ];
    ends_with(
        "examples-basics",
        "unfinished_task",
        &changes,
        "fixed: 500 ms",
    )
    .await
}
