//! `unfinished_task` whose report cannot be saved.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("panics", panics).slow()]
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
