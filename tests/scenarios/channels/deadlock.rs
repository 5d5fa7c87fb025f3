//! `deadlock` with a transfer from an account to itself.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("same_account", same_account).slow()]
}

/// A transfer from an account to itself changes nothing, and does not lock the
/// account twice.
async fn same_account() -> Result<()> {
    let changes = [("fixed(&ann, &bob, 10)", "fixed(&ann, &ann, 10)")];
    let (status, lines) = run_changed("examples-channels", "deadlock", &changes, "").await?;
    let last = lines.last().map(String::as_str);
    ensure!(
        status == 0 && last == Some("fixed: done, Ann has 130, Bob has 70"),
        "{status}: {lines:?}"
    );
    Ok(())
}
