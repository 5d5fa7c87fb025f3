//! `mpsc`, the values that its channel holds, and a producer that panics.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::{exact_times, run_changed};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        exact_times("examples-channels", "mpsc"),
        scenario("holds", holds).slow(),
    ]
}

/// The channel holds 32 values, as its header says; a producer that has more waits. (On
/// one thread it fills the channel before the consumer runs.) If it panics, the example
/// fails.
async fn holds() -> Result<()> {
    let change = [
        (
            "#[tokio::main]",
            "#[tokio::main(flavor = \"current_thread\")]",
        ),
        (
            "    let task = tokio::spawn(producer(tx));",
            "    println!(\"{} places\", tx.max_capacity());\n    let task = tokio::spawn(producer(tx));",
        ),
        (
            "    for i in 0..10 {",
            "    for i in 0..40 {\n        assert_ne!(i, 39);",
        ),
        ("        sleep(Duration::from_millis(100)).await;\n", ""),
    ];
    let (status, lines) = run_changed("examples-channels", "mpsc", &change, "").await?;
    ensure!(
        lines.first().is_some_and(|line| line == "32 places"),
        "32 places are expected: {lines:?}"
    );
    let received = lines.iter().filter(|line| line.starts_with("Received: "));
    let numbers: Vec<String> = (0..39).map(|i| format!("Received: {i}")).collect();
    ensure!(
        received.eq(&numbers),
        "the numbers 0 to 38 are to be received: {lines:?}"
    );
    ensure!(
        status == 1,
        "the producer panics: status 1 is expected, not {status}: {lines:?}"
    );
    Ok(())
}
