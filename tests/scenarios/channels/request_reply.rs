//! `request_reply` with a command behind `Close`.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("behind_close", behind_close).slow()]
}

/// A command that waits behind `Close` gets an error, and no answer of an office
/// that is closed.
async fn behind_close() -> Result<()> {
    let change = [("    office.await?;\n", "    drop(office);\n")];
    let (_, lines) = run_changed("examples-channels", "request_reply", &change, "").await?;
    ensure!(
        lines
            .last()
            .is_some_and(|line| line == "Eve: the office is closed"),
        "Eve gets an error: {lines:?}"
    );
    Ok(())
}
