//! `kill_on_drop` with a child that is surely gone when it is written to.

use anyhow::Result;

use crate::scenarios::support::changed::ends_with;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("broken_pipe", broken_pipe).slow()]
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
