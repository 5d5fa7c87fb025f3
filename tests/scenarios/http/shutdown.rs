//! `shutdown` with many streams at the same time, and with a client that leaves.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::{PATIENT, run_changed};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("many_streams", many_streams).slow(),
        scenario("client_leaves", client_leaves).slow(),
    ]
}

/// Fifty streams end with the first one, also those that nobody reads.
async fn many_streams() -> Result<()> {
    let changes = [
        PATIENT,
        (
            "Duration::from_millis(500), server)",
            "Duration::from_secs(3), server)",
        ),
        (
            "        let mut response = client.get(url).send().await?;",
            "        let mut others = Vec::new();
        for _ in 0..50 {
            others.push(client.get(&url).send().await?);
        }
        let mut response = client.get(url).send().await?;",
        ),
        (
            "                let rest = response.chunk().await?;",
            "                let rest = response.chunk().await?;
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

/// The server that hangs stops when its only client leaves, not before.
async fn client_leaves() -> Result<()> {
    let changes = [
        PATIENT,
        ("let server = tokio::spawn", "let mut server = tokio::spawn"),
        (
            "Duration::from_millis(500), server)",
            "Duration::from_secs(3), &mut server)",
        ),
        (
            "            Err(_) => println!(\"{path}: the server hangs\"),",
            "            Err(_) => {
                println!(\"{path}: the server hangs\");
                drop(response);
                timeout(Duration::from_secs(5), server).await???;
                println!(\"{path}: the client has left, the server has stopped\");
            }",
        ),
    ];
    let (status, lines) = run_changed("examples-http", "shutdown", &changes, "").await?;
    let right = [
        "broken: the server hangs",
        "broken: the client has left, the server has stopped",
        "fixed: the server has stopped, rest of the stream: None",
    ];
    ensure!(
        status == 0 && lines == right,
        "{right:?} is right; status {status}: {lines:?}"
    );
    Ok(())
}
