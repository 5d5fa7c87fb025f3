//! `sse_client` with a connection that is cut, and an event without an end.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("cut", cut).slow(),
        scenario("endless", endless).slow(),
    ]
}

const SEND: &str = "for byte in format!(\"data: {token}\\n\\n\").into_bytes() {";
const BROKEN: &str = "    println!(\"broken: {}\", broken(client.post(&url)).await?);\n";

/// If the connection closes, or fails, in the middle of a character, that is an
/// error, and nobody takes the part for the whole.
async fn cut() -> Result<()> {
    let closes = format!("{SEND}\n                if byte == 0xac {{\n return;\n }}");
    let fails = format!(
        "{SEND}\n                if byte == 0xac {{
                    let _ = chunks.send(Err(io::Error::other(\"cut\"))).await;
                    return;
                }}"
    );
    for (change, right) in [
        (
            &closes,
            "Error: the connection closed before the answer was complete",
        ),
        (&fails, "Error: "),
    ] {
        let changes = [(SEND, change.as_str()), (BROKEN, "")];
        let (status, lines) = run_changed("examples-http", "sse_client", &changes, "").await?;
        ensure!(
            status == 1 && lines[0].starts_with(right),
            "{status}: {lines:?}"
        );
    }
    Ok(())
}

/// An event of more than 10 MB is an error: it is not kept.
async fn endless() -> Result<()> {
    let changes = [(BROKEN, ""), ("vec![byte]", "vec![b'.'; 1_000_000]")];
    let (status, lines) = run_changed("examples-http", "sse_client", &changes, "").await?;
    ensure!(
        status == 1 && lines.concat().contains("length limit exceeded"),
        "{status}: {:?}",
        lines.concat().chars().take(200).collect::<String>()
    );
    Ok(())
}
