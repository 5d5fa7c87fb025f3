//! `sse_client` with a connection that is cut, an event without an end, and an
//! answer that takes long.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("cut", cut).slow(),
        scenario("endless", endless).slow(),
        scenario("largest", largest).slow(),
        scenario("long", long).slow(),
    ]
}

const SEND: &str = "for byte in format!(\"data: {token}\\n\\n\").into_bytes() {";
const BROKEN: &str = "    println!(\"broken: {}\", broken(client.post(&url)).await?);\n";

/// If the connection closes, or fails, in the middle of a character, that is an
/// error, and nobody takes the part for the whole. A refusal is told as such.
async fn cut() -> Result<()> {
    let closes = format!("{SEND}\n                if byte == 0xac {{\n return;\n }}");
    let fails = format!(
        "{SEND}\n                if byte == 0xac {{
                    let _ = chunks.send(Err(io::Error::other(\"cut\"))).await;
                    return;
                }}"
    );
    let refuses = "post(async || axum::http::StatusCode::TOO_MANY_REQUESTS)";
    for (part, change, right) in [
        (
            SEND,
            closes.as_str(),
            "Error: the connection closed before the answer was complete",
        ),
        (SEND, &fails, "Error: "),
        (
            "post(chat)",
            refuses,
            "Error: HTTP status client error (429",
        ),
    ] {
        let changes = [(part, change), (BROKEN, "")];
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

/// An answer of 10 MB is the longest that comes whole.
async fn largest() -> Result<()> {
    let changes = [
        (BROKEN, ""),
        (
            "        for token in [\"A\", \" café\", \" crème\", \" is\", \" 3 €\", \"[DONE]\"] {",
            // The rest of the two events has 22 bytes.
            "        use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
        static SIZE: AtomicUsize = AtomicUsize::new(10_000_000 - 22);
        let token = \"x\".repeat(SIZE.fetch_add(100, Relaxed));
        for token in [token.as_str(), \"[DONE]\"] {",
        ),
        (SEND, "for event in [format!(\"data: {token}\\n\\n\")] {"),
        ("vec![byte]", "event.into_bytes()"),
        (
            "println!(\"Answer: {text}\");",
            "println!(\"Answer: {} bytes\", text.len());",
        ),
        (
            "after one token: {token}\");",
            "after one token: {} bytes\", token.len());",
        ),
    ];
    let (status, lines) = run_changed("examples-http", "sse_client", &changes, "").await?;
    let shown: String = lines.concat().chars().take(200).collect();
    ensure!(
        status == 1
            && lines[0] == "Answer: 9999978 bytes"
            && shown.contains("length limit exceeded"),
        "an answer of 10 MB is to come, and 100 bytes more are too much; status {status}: {shown}"
    );
    Ok(())
}

/// The client limits a pause, and not the whole answer: here a token comes every
/// second, and all of them in more than the 3 s that a pause may take. What brings
/// no data, such as a comment, is no token, and not the end.
async fn long() -> Result<()> {
    let changes = [
        (
            "format!(\"data: {token}\\n\\n\")",
            "format!(\": wait\\n\\nevent: ping\\nid: 1\\n\\ndata: {token}\\n\\n\")",
        ),
        (BROKEN, ""),
        ("Duration::from_secs(60)", "Duration::from_secs(3)"),
        ("Duration::from_millis(100)", "Duration::from_secs(1)"),
    ];
    let (status, lines) = run_changed("examples-http", "sse_client", &changes, "").await?;
    ensure!(
        status == 0
            && lines[0] == "Answer: A café crème is 3 €"
            && lines[1] == "Answer, dropped after one token: A",
        "an answer of more than 3 s is to come whole; status {status}: {lines:?}"
    );
    Ok(())
}
