//! `backpressure`: which lines are saved, and a writer that is gone.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("no_writer", no_writer).slow(),
        scenario("saves_all", saves_all).slow(),
    ]
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

/// Each line is saved, in order, before the result is printed.
async fn saves_all() -> Result<()> {
    let changes = [
        ("fn save(_line: u32) {", "fn save(line: u32) {"),
        (
            "    sleep(Duration::from_millis(10)).await;",
            "    sleep(Duration::from_millis(10)).await;\n    println!(\"saved {line}\");",
        ),
    ];
    let (_, lines) = run_changed("examples-channels", "backpressure", &changes, "").await?;
    let mut expected = Vec::new();
    for name in ["bounded", "unbounded"] {
        expected.extend((1..=100).map(|line| format!("saved {line}")));
        expected.push(name.to_string());
    }
    // The figures of the result stand in the transcript.
    let seen = lines
        .iter()
        .map(|line| line.split(':').next().unwrap_or(line));
    ensure!(
        seen.eq(&expected),
        "before each result, the lines 1 to 100 are to be saved: {lines:?}"
    );
    Ok(())
}
