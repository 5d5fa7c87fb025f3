//! `backpressure` with a writer that is gone.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("no_writer", no_writer).slow()]
}

/// Without a writer, a reader stops at the first line that it cannot send.
async fn no_writer() -> Result<()> {
    let mut changes = Vec::new();
    for (name, channel) in [
        ("bounded", "channel(2)"),
        ("unbounded", "unbounded_channel()"),
    ] {
        let reads = format!(
            "mpsc::{channel};
    let start = Instant::now();
    let reader = async move {{
        for line in 1..=LINES {{"
        );
        let says = format!("{reads}\n            println!(\"reads line {{line}}\");");
        let print = format!("    println!(\"{name}: ");
        let both = format!("    let (time, most) = tokio::join!(reader, writer);\n{print}");
        let alone =
            format!("    drop(writer);\n    let (time, most) = (reader.await, 0);\n{print}");
        changes.extend([(reads, says), (both, alone)]);
    }
    let changes: Vec<_> = changes
        .iter()
        .map(|(part, other)| (part.as_str(), other.as_str()))
        .collect();
    let (_, lines) = run_changed("examples-channels", "backpressure", &changes, "").await?;
    let expected = [
        "reads line 1",
        "bounded: read in 0 ms, at most 0 lines waited",
        "reads line 1",
        "unbounded: read in 0 ms, at most 0 lines waited",
    ];
    ensure!(
        lines == expected,
        "each reader is to stop at line 1: {lines:?}"
    );
    Ok(())
}
