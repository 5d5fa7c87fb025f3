//! `oneshot` with a dish that is ready when the guest leaves.

use anyhow::Result;

use crate::scenarios::support::changed::ends_with;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("left_too_late", left_too_late).slow()]
}

/// A cook who does not learn early enough that the guest has left gets the dish
/// back.
async fn left_too_late() -> Result<()> {
    let changes = [
        ("from_secs(3)", "from_millis(300)"),
        ("() = tx.closed() =>", "() = tx.closed(), if false =>"),
    ];
    let last = "roast: thrown away";
    ends_with("examples-channels", "oneshot", &changes, last).await
}
