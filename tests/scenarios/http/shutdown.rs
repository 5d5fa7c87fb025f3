//! `shutdown` with many streams at the same time.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("many_streams", many_streams).slow()]
}

/// Fifty streams end with the first one, also those that nobody reads.
async fn many_streams() -> Result<()> {
    let changes = [
        (
            "        let mut events = client.get(url).send().await?;",
            "        let mut others = Vec::new();
        for _ in 0..50 {
            others.push(client.get(&url).send().await?);
        }
        let mut events = client.get(url).send().await?;",
        ),
        (
            "                let rest = events.chunk().await?;",
            "                let rest = events.chunk().await?;
                for mut other in others {
                    println!(\"{:?}\", other.chunk().await?);
                }",
        ),
    ];
    let (status, lines) = run_changed("examples-http", "shutdown", &changes, "").await?;
    let ended = lines.iter().filter(|line| *line == "None").count();
    ensure!(
        status == 0 && ended == 50,
        "50 streams are to end, not {ended}; status {status}: {lines:?}"
    );
    Ok(())
}
