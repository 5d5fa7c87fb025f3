//! `timeout` on a paused clock, on which its limits are exact.

use anyhow::Result;

use crate::scenarios::support::changed::ends_with;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("limits", limits).slow()]
}

/// The garden is given up after 300 ms, and if it has the limit of the others,
/// after 5 s. (In the transcript, whose lines may come 100 ms too late, 390 ms
/// would pass.)
async fn limits() -> Result<()> {
    for (limit, last) in [
        ("SHORT_LIMIT", "garden: Timeout, 1400 ms"),
        ("LIMIT", "garden: Timeout, 6100 ms"),
    ] {
        let garden = format!("(\"garden\", {limit})");
        let changes = [
            (
                "#[tokio::main]",
                "#[tokio::main(flavor = \"current_thread\", start_paused = true)]",
            ),
            (
                "    for (sensor, limit) in",
                "    let start = tokio::time::Instant::now();
    for (sensor, limit) in",
            ),
            (
                "println!(\"{sensor}: {error:?}\")",
                "println!(\"{sensor}: {error:?}, {} ms\", start.elapsed().as_millis() / 10 * 10)",
            ),
            ("(\"garden\", SHORT_LIMIT)", &garden),
        ];
        ends_with("examples-basics", "timeout", &changes, last).await?;
    }
    Ok(())
}
