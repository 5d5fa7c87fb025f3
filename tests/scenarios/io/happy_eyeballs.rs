//! `happy_eyeballs` where no address answers.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("all_refuse", all_refuse).slow()]
}

/// If all addresses refuse, the last refusal is returned.
async fn all_refuse() -> Result<()> {
    let call = "fixed(&[refusing, live.local_addr()?]).await?;";
    let changes = [(call, "fixed(&[refusing, refusing]).await?;")];
    let (status, lines) = run_changed("examples-io", "happy_eyeballs", &changes, "").await?;
    let refused = |line: &String| line.starts_with("Error: ") && line.contains("ConnectionRefused");
    ensure!(
        status == 1 && lines.last().is_some_and(refused),
        "status 1 and ConnectionRefused at the end are expected, not {status}: {lines:?}"
    );
    Ok(())
}
