//! `supervisor` with actors that run long, and without a supervisor.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::{ends_with, run_changed};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("healthy", healthy).slow(),
        scenario("is_dropped", is_dropped).slow(),
    ]
}

/// Restarts are forgotten when an actor has run long enough: here, any time is.
async fn healthy() -> Result<()> {
    // The queue closes, so the supervisor ends when all names are printed.
    let changes = [
        ("Duration::from_secs(10)", "Duration::ZERO"),
        (
            "match supervisor.await {",
            "drop(printer);
    match supervisor.await {",
        ),
        (
            "printer.send(\"Tom\").await",
            "mpsc::channel(1).0.send(\"Tom\").await",
        ),
    ];
    let (status, lines) = run_changed("examples-channels", "supervisor", &changes, "").await?;
    let restarts = |line: &&String| line.as_str() == "restart 1 of 2 in 100 ms";
    ensure!(
        status == 0
            && lines.iter().filter(restarts).count() == 3
            && lines.contains(&"all names are printed".into()),
        "three restarts and then all names are expected: {status}: {lines:?}"
    );
    Ok(())
}

/// The actor does not outlive a supervisor that is dropped: nobody takes names
/// any more.
async fn is_dropped() -> Result<()> {
    let changes = [
        ("\"Zoë\", \"Eve\", \"Max\", \"Zoë\", \"Lea\", \"Zoë\", ", ""),
        (
            "match supervisor.await {",
            "sleep(FIRST_BACK_OFF).await;
    supervisor.abort();
    match supervisor.await {",
        ),
        (
            "if let Err(error) = printer.send(\"Tom\")",
            "sleep(FIRST_BACK_OFF).await;
    if let Err(error) = printer.send(\"Tom\")",
        ),
    ];
    let last = "submit: channel closed";
    ends_with("examples-channels", "supervisor", &changes, last).await
}
