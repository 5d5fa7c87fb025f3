//! When each line of `pin` comes, and what it says of a place.

use anyhow::Result;

use crate::scenarios::support::changed::{PAUSED, exact_times, prints};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        exact_times("examples-advanced", "pin"),
        scenario("other_place", other_place).slow(),
    ]
}

/// The place of another future is another one: the places are compared.
async fn other_place() -> Result<()> {
    let changes = [
        PAUSED,
        ("Vec::from([page]);", "Vec::from([Box::pin(download())]);"),
    ];
    let expected = [
        "still downloading",
        "still downloading",
        "5120 bytes",
        "the box has moved, its future is at the same place: false",
        "5120 bytes",
    ];
    prints("examples-advanced", "pin", &changes, 0, &expected).await
}
