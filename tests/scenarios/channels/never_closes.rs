//! `never_closes` with more stations than its channel has room for.

use anyhow::Result;

use crate::scenarios::support::changed::{ends_with, exact_times};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        exact_times("examples-channels", "never_closes"),
        scenario("many_stations", many_stations).slow(),
    ]
}

/// While the channel is full, stations wait. (On one thread they all send before
/// the receiver runs.)
async fn many_stations() -> Result<()> {
    let changes = [
        (
            "#[tokio::main]",
            "#[tokio::main(flavor = \"current_thread\", start_paused = true)]",
        ),
        (
            "[&str; 3] = [\"coast\", \"valley\", \"summit\"]",
            "[&str; 20] = [\"coast\"; 20]",
        ),
    ];
    let last = "fixed: 20 reports, then closed";
    ends_with("examples-channels", "never_closes", &changes, last).await
}
