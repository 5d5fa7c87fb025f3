//! `watch` with a download that stops early, and with receivers that come late.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("stops_early", stops_early).slow(),
        scenario("late_receivers", late_receivers).slow(),
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
