//! `cooperation` and the budget that a channel uses by itself, and a task that panics.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::{prints, run_changed};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("channel", channel).slow(),
        scenario("panics", panics).slow(),
    ]
}

/// The channel gives up the thread by itself: `consume_budget` does nothing here. Its
/// job also waits for prices that come later.
async fn channel() -> Result<()> {
    let changes = [
        (
            "use tokio::task::coop::consume_budget;",
            "async fn consume_budget() {}",
        ),
        (
            "    for price in 0..PRICES {
        // This cannot fail: the receiver still exists.
        let _ = sender.send(price);
    }
    drop(sender);
",
            "    tokio::spawn(async move {
        for price in 0..PRICES {
            let _ = sender.send(price);
        }
    });
",
        ),
    ];
    let (_, lines) = run_changed("examples-basics", "cooperation", &changes, "").await?;
    let expected = [
        "consume_budget: total 49995000, the neighbor ran 0 times",
        "channel: total 49995000, the neighbor ran 78 times",
    ];
    ensure!(
        lines.ends_with(&expected.map(String::from)),
        "{expected:?} are expected last: {lines:?}"
    );
    Ok(())
}

/// If a job panics, `main` fails, and shows no total.
async fn panics() -> Result<()> {
    let changes = [(
        "async fn broken() -> u32 {\n",
        "async fn broken() -> u32 {\n    std::panic::resume_unwind(Box::new(()));\n",
    )];
    let expected = ["Error: JoinError::Panic([..])"];
    prints("examples-basics", "cooperation", &changes, 1, &expected).await
}
