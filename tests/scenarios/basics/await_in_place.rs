//! `await_in_place` with a download that fails.

use anyhow::Result;

use crate::scenarios::support::changed::{PAUSED, exact_times, prints};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        exact_times("examples-basics", "await_in_place"),
        scenario("panics", panics).slow(),
    ]
}

/// The download runs in `main`: a panic of it ends the program at that point.
async fn panics() -> Result<()> {
    let changes = [
        PAUSED,
        (
            "    sleep(Duration::from_secs(2)).await;\n",
            "    std::panic::resume_unwind(Box::new(()));\n",
        ),
    ];
    let expected = ["Program started!", "Starting file download..."];
    prints(
        "examples-basics",
        "await_in_place",
        &changes,
        101,
        &expected,
    )
    .await
}
