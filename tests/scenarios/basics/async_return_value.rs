//! `async_return_value` with another value.

use anyhow::Result;

use crate::scenarios::support::changed::{PAUSED, exact_times, prints};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        exact_times("examples-basics", "async_return_value"),
        scenario("other_data", other_data).slow(),
    ]
}

/// What is printed is what the function returns.
async fn other_data() -> Result<()> {
    let changes = [PAUSED, ("\"Data fetched!\".into()", "\"17 °C\".into()")];
    prints(
        "examples-basics",
        "async_return_value",
        &changes,
        0,
        &["17 °C"],
    )
    .await
}
