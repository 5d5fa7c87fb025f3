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

/// Restarts are forgotten when an actor has run long enough, also after the last one:
/// here, any time is, or 150 ms, which the supervisor has run, also between two
/// actors, but none of them. Until then the back-off doubles each time.
async fn healthy() -> Result<()> {
    for (healthy, most, restarts) in [
        (
            "ZERO",
            "MAX_RESTARTS: u32 = 1",
            ["restart 1 of 1 in 100 ms"; 3],
        ),
        (
            "from_millis(150)",
            "MAX_RESTARTS: u32 = 3",
            [
                "restart 1 of 3 in 100 ms",
                "restart 2 of 3 in 200 ms",
                "restart 3 of 3 in 400 ms",
            ],
        ),
    ] {
        // The queue closes, so the supervisor ends when all names are printed.
        let changes = [
            ("from_secs(10)", healthy),
            ("MAX_RESTARTS: u32 = 2", most),
            (
                "#[tokio::main(flavor = \"current_thread\")]",
                "#[tokio::main(flavor = \"current_thread\", start_paused = true)]",
            ),
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
        let (status, mut lines) =
            run_changed("examples-channels", "supervisor", &changes, "").await?;
        let is_done = lines.iter().any(|line| line == "all names are printed");
        lines.retain(|line| line.starts_with("restart "));
        ensure!(
            status == 0 && is_done && lines == restarts,
            "with {healthy}, {restarts:?} are expected, not {lines:?}; all names are printed: \
             {is_done}, status {status}"
        );
    }
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
