//! `background_task` with a task that takes longer than `main`.

use anyhow::Result;

use crate::scenarios::support::changed::{PAUSED, exact_times, prints};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        exact_times("examples-basics", "background_task"),
        scenario("nothing_waits", nothing_waits).slow(),
    ]
}

/// `main` does not wait for the task: one that is not done when it returns is dropped.
async fn nothing_waits() -> Result<()> {
    let changes = [PAUSED, ("from_secs(2)", "from_secs(5)")];
    let expected = [
        "Main task is doing other work...",
        "🔧 Background task started...",
        "Main task finished!",
    ];
    prints("examples-basics", "background_task", &changes, 0, &expected).await
}
