//! `error_handling` with other users.

use anyhow::Result;

use crate::scenarios::support::changed::{PAUSED, exact_times, prints};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        exact_times("examples-basics", "error_handling"),
        scenario("other_users", other_users).slow(),
    ]
}

/// Each user has an answer of its own, and only ID 0 is not valid.
async fn other_users() -> Result<()> {
    let changes = [PAUSED, ("[0, 7]", "[1, 0, u32::MAX]")];
    let expected = [
        "Fetching user data...",
        "User data for ID 1 fetched successfully!",
        "Fetching user data...",
        "Error: Invalid user ID!",
        "Fetching user data...",
        "User data for ID 4294967295 fetched successfully!",
        "Program continues running...",
    ];
    prints("examples-basics", "error_handling", &changes, 0, &expected).await
}
