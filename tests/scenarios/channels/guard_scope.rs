//! `guard_scope` and what stays on the shelf.

use anyhow::Result;

use crate::scenarios::support::changed::ends_with;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("empty_shelf", empty_shelf).slow()]
}

/// `fixed` leaves no parcel behind, which the next loader would send again.
async fn empty_shelf() -> Result<()> {
    let changes = [(
        "    show(\"fixed\", done, delivered);",
        "    println!(\"on the shelf: {:?}\", shelf.lock().await);",
    )];
    ends_with(
        "examples-channels",
        "guard_scope",
        &changes,
        "on the shelf: []",
    )
    .await
}
