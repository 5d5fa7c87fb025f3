//! `async_closures` on a paused clock, on which its pauses are exact.

use anyhow::Result;

use crate::scenarios::support::changed::ends_with;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("first_pause", first_pause).slow()]
}

/// The first pause takes 100 ms, also in a task: the wind is measured after it,
/// and the tide after 300 ms more. `retry_in_task` gives up as `retry` does.
async fn first_pause() -> Result<()> {
    let changes = [
        (
            "#[tokio::main]",
            "#[tokio::main(flavor = \"current_thread\", start_paused = true)]",
        ),
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
