//! `deadlock` with a transfer from an account to itself.

use anyhow::Result;

use crate::scenarios::support::changed::ends_with;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("same_account", same_account).slow()]
}

/// A transfer from an account to itself changes nothing, and does not lock the
/// account twice.
async fn same_account() -> Result<()> {
    let changes = [("fixed(&ann, &bob, 10)", "fixed(&ann, &ann, 10)")];
    let last = "fixed: done, Ann has 130, Bob has 70";
    ends_with("examples-channels", "deadlock", &changes, last).await
}
