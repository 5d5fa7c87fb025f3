//! `process_request` on a table that is in another order.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("sorts", sorts).slow()]
}

/// The response has all names in their order, whatever the order of the table, also of
/// two users who have the same one.
async fn sorts() -> Result<()> {
    let changes = [(
        "SELECT 'Ann' AS name UNION SELECT 'Ben'",
        "SELECT 'Ben' AS name UNION ALL SELECT 'Ann' UNION ALL SELECT 'Ann'",
    )];
    let (_, lines) = run_changed("examples-advanced", "process_request", &changes, "").await?;
    let expected = "shop.db: 200 OK Ann, Ann, Ben";
    ensure!(
        lines.iter().any(|line| line == expected),
        "{expected:?} is expected: {lines:?}"
    );
    Ok(())
}
