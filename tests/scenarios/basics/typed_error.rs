//! `typed_error` on a paused clock, on which its times are exact.

use anyhow::Result;

use crate::scenarios::support::changed::{ends_with, exact_times};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        exact_times("examples-basics", "typed_error"),
        scenario("two_lookups", two_lookups).slow(),
    ]
}

/// What is not a number is not looked up: the third error comes at once after the second
/// one.
async fn two_lookups() -> Result<()> {
    let changes = [
        (
            "#[tokio::main]",
            "#[tokio::main(flavor = \"current_thread\", start_paused = true)]",
        ),
        (
            "    for input in",
            "    let start = tokio::time::Instant::now();\n    for input in",
        ),
        (
            "println!(\"Error: {error}\");",
            "println!(\"{} ms: {error}\", start.elapsed().as_millis() / 10 * 10);",
        ),
    ];
    let last = "200 ms: not a user ID: invalid digit found in string";
    ends_with("examples-basics", "typed_error", &changes, last).await
}
