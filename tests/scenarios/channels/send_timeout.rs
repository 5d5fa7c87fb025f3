//! `send_timeout` without a receiver, and with longer times.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::{ends_with, run_changed};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("no_receiver", no_receiver).slow(),
        scenario("paused", paused).slow(),
    ]
}

/// When the receiver is gone, no timeout is counted, and `fixed` does not try again. (If it did, without a
/// pause, a count of its timeouts in eight bits would soon overflow.)
async fn no_receiver() -> Result<()> {
    let changes = [
        (
            "tokio::join!(broken(tx), receive(rx))",
            "{
        drop(rx);
        (broken(tx).await, \"nothing\")
    }",
        ),
        (
            "async fn fixed(tx: mpsc::Sender<u32>) -> u32 {",
            "async fn fixed(tx: mpsc::Sender<u32>) -> u8 {",
        ),
        (
            "tokio::join!(fixed(tx), receive(rx))",
            "{
        drop(rx);
        (fixed(tx).await, \"nothing\")
    }",
        ),
    ];
    let (status, lines) = run_changed("examples-channels", "send_timeout", &changes, "").await?;
    let expected = ["broken", "fixed"].map(|it| format!("{it}: 0 timeouts, received \"nothing\""));
    ensure!(
        status == 0 && lines == expected,
        "without a receiver, status 0 and {expected:?} are expected, not {status}: {lines:?}"
    );
    Ok(())
}

/// The clock is paused: with minutes for its milliseconds, it ends as soon.
async fn paused() -> Result<()> {
    let changes = [
        ("from_millis(100)", "from_secs(1000)"),
        ("from_millis(150)", "from_secs(1500)"),
    ];
    let last = "fixed: 4 timeouts, received [0, 1, 2, 3, 4, 5]";
    ends_with("examples-channels", "send_timeout", &changes, last).await
}
