//! `broadcast` without any subscriber at first.

use anyhow::Result;

use crate::scenarios::support::changed::ends_with;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("no_subscriber", no_subscriber).slow()]
}

/// What nobody receives is dropped, and later subscribers are served.
async fn no_subscriber() -> Result<()> {
    let changes = [(
        "let (tx, slow_rx) = broadcast::channel(4);",
        "let (tx, slow_rx) = broadcast::channel(4);
    drop(slow_rx);
    publish(&tx, 100).await;
    let slow_rx = tx.subscribe();",
    )];
    let last = "late: missed 0, received [9]";
    ends_with("examples-channels", "broadcast", &changes, last).await
}
