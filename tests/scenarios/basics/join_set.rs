//! `join_set` with a task that panics.

use anyhow::Result;

use crate::scenarios::support::changed::{PAUSED, exact_times, prints};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        exact_times("examples-basics", "join_set"),
        scenario("panics", panics).slow(),
    ]
}

/// A task that panics is reported, and does not stop the others.
async fn panics() -> Result<()> {
    let changes = [
        PAUSED,
        (
            "    sleep(Duration::from_millis(millis)).await;\n",
            "    sleep(Duration::from_millis(millis)).await;
    if folder == \"photos\" {
        std::panic::resume_unwind(Box::new(\"no such disk\"));
    }\n",
        ),
    ];
    let expected = [
        "root: [\"docs\", \"music\", \"photos\"]",
        "a task panicked: task [..] panicked with message \"no such disk\"",
        "docs: permission denied",
        "music: []",
    ];
    prints("examples-basics", "join_set", &changes, 0, &expected).await
}
