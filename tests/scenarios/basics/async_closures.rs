//! `async_closures` on a paused clock, on which its pauses are exact, and with a task
//! that panics.

use anyhow::Result;

use crate::scenarios::support::changed::{PAUSED, ends_with, exact_times, prints};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        exact_times("examples-basics", "async_closures"),
        scenario("first_pause", first_pause).slow(),
        scenario("panics", panics).slow(),
    ]
}

/// The first pause takes 100 ms, also in a task: the wind is measured after it,
/// and the tide after 300 ms more. `retry_in_task` gives up as `retry` does.
async fn first_pause() -> Result<()> {
    let changes = [
        PAUSED,
        (
            "    let mut calls = 0;",
            "    let start = tokio::time::Instant::now();\n    let mut calls = 0;",
        ),
        ("earlier_calls < 2", "earlier_calls < 1"),
        (
            "println!(\"wind, in a task: {:?}\", task.await?);",
            "let wind = task.await?;
    let tide = retry_in_task(measure_tide).await;
    println!(\"{wind:?}, {tide:?} after {} ms\", start.elapsed().as_millis() / 10 * 10);",
        ),
    ];
    let last = "Ok(12), Err(Busy) after 800 ms";
    ends_with("examples-basics", "async_closures", &changes, last).await
}

/// If the task panics, `main` fails.
async fn panics() -> Result<()> {
    let changes = [
        PAUSED,
        (
            "    let task = tokio::spawn(async {\n",
            "    let task = tokio::spawn(async {\n        std::panic::resume_unwind(Box::new(()));\n",
        ),
    ];
    let expected = [
        "wind: Ok(12) after 3 calls",
        "tide: Err(Busy)",
        "Error: JoinError::Panic([..])",
    ];
    prints("examples-basics", "async_closures", &changes, 1, &expected).await
}
