//! `deadline` that passes in the first step, and what becomes of a step that is canceled.

use anyhow::Result;

use crate::scenarios::support::changed::{PAUSED, exact_times, prints};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        exact_times("examples-basics", "deadline"),
        scenario("first_step", first_step).slow(),
        scenario("second_step", second_step).slow(),
    ]
}

/// The first step is canceled like the second.
async fn first_step() -> Result<()> {
    let expected = ["broken: Err(Elapsed(()))", "fixed: Err(Elapsed(()))"];
    with_limit("300", &expected).await
}

/// The second step is canceled, or not, if there is time for both.
async fn second_step() -> Result<()> {
    let both = ["logged in", "calibrated", "broken: Ok(())"];
    let canceled = ["logged in", "fixed: Err(Elapsed(()))"];
    with_limit("500", &[&both[..], &canceled].concat()).await?;
    let done = ["logged in", "calibrated", "fixed: Ok(())"];
    with_limit("900", &[both, done].concat()).await
}

/// With this limit in ms, these lines are expected. A step that is canceled prints
/// nothing, even if `main` continues for a second.
async fn with_limit(limit: &str, expected: &[&str]) -> Result<()> {
    let limit = format!("Duration::from_millis({limit})");
    let last = "    println!(\"fixed: {:?}\", fixed().await);\n";
    let longer = format!("{last}    sleep(Duration::from_secs(1)).await;\n");
    let changes = [
        PAUSED,
        ("Duration::from_millis(500)", &limit),
        (last, &longer),
    ];
    prints("examples-basics", "deadline", &changes, 0, expected).await
}
