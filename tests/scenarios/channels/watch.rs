//! `watch` with a download that stops early, with receivers that come late, and with a
//! slow display.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("stops_early", stops_early).slow(),
        scenario("late_receivers", late_receivers).slow(),
        scenario("slow_display", slow_display).slow(),
    ]
}

/// Without its last value, the file is not called complete.
async fn stops_early() -> Result<()> {
    let change = [("    progress.send_replace(100);\n", "")];
    let (_, lines) = run_changed("examples-channels", "watch", &change, "").await?;
    ensure!(
        lines
            .iter()
            .any(|line| line == "the download has stopped early")
            && !lines.iter().any(|line| line == "the file is complete"),
        "the download has stopped early: {lines:?}"
    );
    Ok(())
}

/// Whoever subscribes late finds the latest value, although there was no receiver
/// when it was sent, and does not wait for a change.
async fn late_receivers() -> Result<()> {
    let changes = [(
        "tokio::join!(biased; download(tx), display(rx.clone()), open_file(rx));",
        "drop(rx);
    let sender = tx.clone();
    let late = async { println!(\"late: {} %\", *sender.subscribe().borrow()) };
    tokio::join!(biased; download(tx), late);
    let rx = sender.subscribe();
    drop(sender);
    open_file(rx).await;",
    )];
    let (_, lines) = run_changed("examples-channels", "watch", &changes, "").await?;
    ensure!(
        lines == ["late: 50 %", "the file is complete"],
        "50 % and a complete file are expected: {lines:?}"
    );
    Ok(())
}

/// If the value changes between the notice and the look at it, the display shows the
/// new value, and only once.
async fn slow_display() -> Result<()> {
    let changes = [
        (
            "#[tokio::main(flavor = \"current_thread\")]",
            "#[tokio::main(flavor = \"current_thread\", start_paused = true)]",
        ),
        (
            "for percent in [10, 20, 30, 40, 50] {",
            "for percent in [10, 20, 30, 40, 50] {
        sleep(Duration::from_millis(10)).await;",
        ),
        (
            "        // Copy the value out.",
            "        sleep(Duration::from_millis(100)).await;
        // Copy the value out.",
        ),
    ];
    let (_, mut lines) = run_changed("examples-channels", "watch", &changes, "").await?;
    lines.retain(|line| line.starts_with("display: "));
    let expected = [
        "display: 50 %",
        "display: 100 %",
        "display: the sender is gone",
    ];
    ensure!(
        lines == expected,
        "{expected:?} are expected, not {lines:?}"
    );
    Ok(())
}
