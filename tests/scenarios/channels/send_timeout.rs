//! `send_timeout` without a receiver.

use anyhow::Result;

use crate::scenarios::support::changed::ends_with;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("no_receiver", no_receiver).slow()]
}

/// When the receiver is gone, `fixed` does not try again. (If it did, without a
/// pause, a count of its timeouts in eight bits would soon overflow.)
async fn no_receiver() -> Result<()> {
    let changes = [
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
    let last = "fixed: 0 timeouts, received \"nothing\"";
    ends_with("examples-channels", "send_timeout", &changes, last).await
}
