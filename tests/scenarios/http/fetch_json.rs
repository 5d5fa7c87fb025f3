//! `fetch_json` with a user that is not there, and one that takes longer.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::{PATIENT, run_changed};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("missing", missing).slow(),
        scenario("in_order", in_order).slow(),
    ]
}

/// A 404 is the error, and its body is not taken for a user. Nobody waits for the other
/// request, which would never be answered.
async fn missing() -> Result<()> {
    let changes = [
        ("(1..=5).map", "(5..=6).map"),
        ("for id in 1..=5", "for id in 1..=4"),
        (
            "    sleep(Duration::from_millis(100)).await;\n",
            "    sleep(Duration::from_secs(if id == 5 { 60 } else { 0 })).await;\n",
        ),
    ];
    let (status, lines) = run_changed("examples-http", "fetch_json", &changes, "").await?;
    let last = lines.last().map_or("", |it| it);
    ensure!(
        status == 1 && last.contains("404 Not Found") && last.ends_with("/users/6)"),
        "for user 6, status 1 and a 404 are expected, not {status}: {lines:?}"
    );
    Ok(())
}

/// The users come in the order of the requests, even if the answer to the first one is
/// the last.
async fn in_order() -> Result<()> {
    let changes = [
        (
            "    sleep(Duration::from_millis(100)).await;\n",
            "    sleep(Duration::from_millis(if id == 1 { 300 } else { 10 })).await;\n",
        ),
        PATIENT,
    ];
    let (status, lines) = run_changed("examples-http", "fetch_json", &changes, "").await?;
    ensure!(
        status == 0 && lines.len() == 12 && lines[6..11] == lines[..5],
        "both times the users are to come in the same order; status {status}: {lines:?}"
    );
    Ok(())
}
