//! `notify` and how long a waiter waits.

use anyhow::Result;

use crate::scenarios::support::changed::ends_with;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("limit", limit).slow()]
}

/// The last waiter waits for 1 s.
async fn limit() -> Result<()> {
    let changes = [(
        "    let woken = is_woken(&bell).await;",
        "    let start = tokio::time::Instant::now();
    let woken = is_woken(&bell).await;
    println!(\"{} ms\", start.elapsed().as_millis() / 10 * 10);
    return;",
    )];
    ends_with("examples-channels", "notify", &changes, "1000 ms").await
}
