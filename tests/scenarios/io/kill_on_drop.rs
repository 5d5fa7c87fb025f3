//! `kill_on_drop` with a child that is surely gone when it is written to, and with
//! one that does not wait.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::{ends_with, run_changed};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("broken_pipe", broken_pipe).slow(),
        scenario("exits_early", exits_early).slow(),
    ]
}

/// The write then fails, which is not an error of the program.
async fn broken_pipe() -> Result<()> {
    let change = (
        "drop(child);",
        "drop(child);
        tokio::time::sleep(Duration::from_millis(100)).await;",
    );
    let last = "fixed: dropped, the child is gone";
    ends_with("examples-io", "kill_on_drop", &[change], last).await
}

/// A child that exits before the timeout is an error. Otherwise the program would say
/// that the child is gone, as if the drop had killed it.
async fn exits_early() -> Result<()> {
    let limit = (
        "const LIMIT: Duration = Duration::from_millis(200);",
        "const LIMIT: Duration = Duration::from_secs(10);",
    );
    // `true` exits immediately.
    let broken = (
        r#"{
    Command::new("cat")"#,
        r#"{
    Command::new("true")"#,
    );
    let fixed = (r#"= Command::new("cat")"#, r#"= Command::new("true")"#);
    let changes = [limit, broken, fixed];
    let (status, lines) = run_changed("examples-io", "kill_on_drop", &changes, "").await?;
    let error = "Error: the child did not wait: ";
    ensure!(
        status == 1 && lines.len() == 1 && lines[0].starts_with(error),
        "with a child that exits early, status 1 and {error:?} are expected, not status \
         {status} and {lines:?}"
    );
    Ok(())
}
