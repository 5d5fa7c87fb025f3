//! `join` with other results.

use anyhow::Result;

use crate::scenarios::support::changed::{PAUSED, exact_times, prints};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        exact_times("examples-basics", "join"),
        scenario("in_place", in_place).slow(),
    ]
}

/// Both futures run in `main`, not in tasks, and what they return is printed.
async fn in_place() -> Result<()> {
    let changes = [
        PAUSED,
        (
            "    512\n",
            "    assert_eq!(tokio::task::try_id(), None, \"a task\");\n    1024\n",
        ),
        (
            "    7\n",
            "    assert_eq!(tokio::task::try_id(), None, \"a task\");\n    9\n",
        ),
    ];
    let expected = [
        "Download started...",
        "Data processing started...",
        "Data processing finished!",
        "Download completed!",
        "1024 bytes, 9 rows",
        "All tasks finished successfully!",
    ];
    prints("examples-basics", "join", &changes, 0, &expected).await
}
