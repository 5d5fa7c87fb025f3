//! `sync_bridge_channel` with a task that takes receipts late, or none.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("late_receipts", late_receipts).slow(),
        scenario("no_receipts", no_receipts).slow(),
    ]
}

/// If the task takes receipts late, none is lost: the driver waits.
async fn late_receipts() -> Result<()> {
    let changes = [
        ("from_millis(100)", "from_millis(1)"),
        ("1..=3", "1..=9"),
        (
            "    while let Some(label) = receipts",
            "    tokio::time::sleep(Duration::from_millis(200)).await;
    while let Some(label) = receipts",
        ),
    ];
    expect(&changes, " is printed", 9).await
}

/// If nobody wants receipts, the driver stops at the first one.
async fn no_receipts() -> Result<()> {
    let changes = [
        (
            "    let driver = thread::spawn(move",
            "    receipts_rx.close();\n    let driver = thread::spawn(move",
        ),
        (
            "thread::sleep(Duration::from_millis(100));",
            "println!(\"label {label} comes out\");",
        ),
    ];
    expect(&changes, " comes out", 1).await
}

/// Expects so many lines with this end.
async fn expect(changes: &[(&str, &str)], end: &str, count: usize) -> Result<()> {
    let (_, lines) = run_changed("examples-channels", "sync_bridge_channel", changes, "").await?;
    let found = lines.iter().filter(|line| line.ends_with(end)).count();
    ensure!(
        found == count,
        "{found} lines end with {end:?}, not {count}: {lines:?}"
    );
    Ok(())
}
