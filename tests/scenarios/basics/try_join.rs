//! `try_join` on a paused clock, on which its times are exact.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("together", together).slow()]
}

/// The steps run at the same time. (In the transcript, whose lines may come 100 ms too
/// late, the card could be charged after the stock is reserved.)
async fn together() -> Result<()> {
    let changes = [
        (
            "#[tokio::main]",
            "#[tokio::main(flavor = \"current_thread\", start_paused = true)]",
        ),
        (
            "async fn main() {",
            "async fn main() {\n    let start = tokio::time::Instant::now();",
        ),
        (
            "println!(\"try_join!: {order:?}\");",
            "println!(\"try_join!: {} ms\", start.elapsed().as_millis() / 10 * 10);",
        ),
        (
            "println!(\"join!: {order:?}\");",
            "println!(\"join!: {} ms\", start.elapsed().as_millis() / 10 * 10);",
        ),
    ];
    let (_, lines) = run_changed("examples-basics", "try_join", &changes, "").await?;
    let expected = [
        "stock reserved",
        "try_join!: 200 ms",
        "stock reserved",
        "courier booked",
        "join!: 700 ms",
    ];
    ensure!(
        lines == expected,
        "{expected:?} are expected, not {lines:?}"
    );
    Ok(())
}
