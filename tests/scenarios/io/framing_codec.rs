//! What `framing_codec` of examples-io does with memory, its limit, and a reply that
//! differs.

use anyhow::{Result, ensure};

use super::framing::memory;
use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        memory("framing_codec", "station: frame size too big"),
        scenario("largest", largest).slow(),
        scenario("other_reply", other_reply).slow(),
    ]
}

/// A frame of 1024 bytes is confirmed, and one byte more is too much, before any
/// of its bytes has come.
async fn largest() -> Result<()> {
    let frame = "x".repeat(1024);
    let largest = format!("[{frame:?}]");
    let changes = [
        ("[\"21.5\", \"19.8\"]", largest.as_str()),
        (
            "write_u32(u32::MAX).await?;",
            "write_u32(1025).await?;\n    drop(frames);",
        ),
    ];
    let (status, lines) = run_changed("examples-io", "framing_codec", &changes, "").await?;
    let expected = [
        format!("{frame} is confirmed"),
        "station: frame size too big".into(),
    ];
    ensure!(
        status == 0 && lines == expected,
        "with frames of 1024 and 1025 bytes, status 0 and {expected:?} are expected, not \
         {status}: {lines:?}"
    );
    Ok(())
}

/// What is printed is what the station has sent back.
async fn other_reply() -> Result<()> {
    let change = (
        "frames.send(reading.freeze()).await?;",
        r#"drop(reading);
        frames.send(Bytes::from_static(b"\x1bno")).await?;"#,
    );
    let (status, lines) = run_changed("examples-io", "framing_codec", &[change], "").await?;
    let reply = r"\x1bno is confirmed";
    let expected = [reply, reply, "station: frame size too big"];
    ensure!(
        status == 0 && lines == expected,
        "with another reply, status 0 and {expected:?} are expected, not {status}: {lines:?}"
    );
    Ok(())
}
