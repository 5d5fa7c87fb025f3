//! `abort_on_drop` with reports that fail.

use anyhow::Result;

use crate::scenarios::support::changed::{PAUSED, exact_times, prints};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        exact_times("examples-basics", "abort_on_drop"),
        scenario("panics", panics).slow(),
    ]
}

/// Each of the three saves its report in a task and waits for it: if the task panics,
/// the first two return its error, and `join_all` panics.
async fn panics() -> Result<()> {
    let changes = [
        PAUSED,
        (
            "let _times_out = timeout(LIMIT, broken(sender)).await;",
            "println!(\"{:?}\", timeout(LIMIT, broken(sender)).await);",
        ),
        (
            "let _times_out = timeout(LIMIT, fixed(sender)).await;",
            "println!(\"{:?}\", timeout(LIMIT, fixed(sender)).await);",
        ),
        (
            "    sleep(Duration::from_millis(200)).await;\n",
            "    std::panic::resume_unwind(Box::new(()));\n",
        ),
    ];
    let expected = [
        "Ok(Err(JoinError::Panic([..])))",
        "broken: report saved? false",
        "Ok(Err(JoinError::Panic([..])))",
        "fixed: report saved? false",
    ];
    prints("examples-basics", "abort_on_drop", &changes, 101, &expected).await
}
