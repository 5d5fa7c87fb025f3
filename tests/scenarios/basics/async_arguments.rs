//! `async_arguments` with another user.

use anyhow::Result;

use crate::scenarios::support::changed::{PAUSED, exact_times, prints};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        exact_times("examples-basics", "async_arguments"),
        scenario("other_user", other_user).slow(),
    ]
}

/// The answer has the ID that was passed, and a `u32` has room for it.
async fn other_user() -> Result<()> {
    let changes = [PAUSED, ("(42)", "(u32::MAX)")];
    let expected = ["Result: User data for ID: 4294967295"];
    prints("examples-basics", "async_arguments", &changes, 0, &expected).await
}
