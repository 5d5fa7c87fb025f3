//! `sync_bridge_channel` with a task that takes receipts late, or none, and with a driver
//! that panics.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("late_receipts", late_receipts).slow(),
        scenario("no_receipts", no_receipts).slow(),
        scenario("driver_panics", driver_panics).slow(),
    ]
}

/// If the task takes receipts late, none is lost: the driver waits. By then it has
/// printed two labels whose receipts wait, a third and perhaps a fourth.
async fn late_receipts() -> Result<()> {
    let changes = [
        (
            "thread::sleep(Duration::from_millis(100));",
            "println!(\"label {label} comes out\");",
        ),
        ("1..=3", "1..=9"),
        (
            "    while let Some(label) = receipts",
            "    tokio::time::sleep(Duration::from_millis(200)).await;
    while let Some(label) = receipts",
        ),
    ];
    let lines = expect(&changes, " is printed", 9).await?;
    let before = lines.iter().take_while(|it| it.ends_with(" comes out"));
    let before = before.count();
    ensure!(
        before <= 4,
        "{before} labels come out before the first receipt is taken: {lines:?}"
    );
    Ok(())
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
    expect(&changes, " comes out", 1).await?;
    Ok(())
}

/// If the driver panics, the program says so.
async fn driver_panics() -> Result<()> {
    let changes = [(
        "thread::sleep(Duration::from_millis(100));",
        "assert_ne!(label, 2, \"the paper is jammed\");",
    )];
    expect(&changes, "the driver panicked", 1).await?;
    Ok(())
}

/// Expects so many lines with this end; gives all lines.
async fn expect(changes: &[(&str, &str)], end: &str, count: usize) -> Result<Vec<String>> {
    let (_, lines) = run_changed("examples-channels", "sync_bridge_channel", changes, "").await?;
    let found = lines.iter().filter(|line| line.ends_with(end)).count();
    ensure!(
        found == count,
        "{found} lines end with {end:?}, not {count}: {lines:?}"
    );
    Ok(lines)
}
