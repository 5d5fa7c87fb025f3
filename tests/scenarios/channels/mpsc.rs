//! `mpsc` and the values that its channel holds.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("holds", holds).slow()]
}

/// The channel holds 32 values, as its header says.
async fn holds() -> Result<()> {
    let change = [(
        "    let task = tokio::spawn(producer(tx));",
        "    println!(\"{} places\", tx.max_capacity());\n    let task = tokio::spawn(producer(tx));",
    )];
    let (_, lines) = run_changed("examples-channels", "mpsc", &change, "").await?;
    ensure!(
        lines.first().is_some_and(|line| line == "32 places"),
        "32 places are expected: {lines:?}"
    );
    Ok(())
}
