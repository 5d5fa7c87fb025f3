//! `fetch_json` with a user that is not there.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("missing", missing).slow()]
}

/// A 404 is the error, and its body is not taken for a user.
async fn missing() -> Result<()> {
    let changes = [("(1..=5).map", "(5..=6).map")];
    let (status, lines) = run_changed("examples-http", "fetch_json", &changes, "").await?;
    let last = lines.last().map_or("", |it| it);
    ensure!(
        status == 1 && last.contains("404 Not Found") && last.ends_with("/users/6)"),
        "for user 6, status 1 and a 404 are expected, not {status}: {lines:?}"
    );
    Ok(())
}
