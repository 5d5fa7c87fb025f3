//! `circuit_breaker` with calls at the same time, a canceled one, and answers.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("one_at_a_time", one_at_a_time).slow(),
        scenario("canceled", canceled).slow(),
        scenario("answers", answers).slow(),
    ]
}

/// Of ten calls at the same time, a half-open breaker lets one through.
async fn one_at_a_time() -> Result<()> {
    let changes = [(
        "    for _ in 0..10 {
        succeeded += u32::from(send().await.is_ok());
    }",
        "    let calls = futures::future::join_all((0..10).map(|_| send()));
    for call in calls.await {
        succeeded += u32::from(call.is_ok());
    }",
    )];
    let lines = run(&changes).await?;
    for (line, right) in lines.iter().zip([
        "no breaker: 10 of 10 calls sent, 0 succeeded, ",
        // They were all sent before the first one failed.
        "down: 10 of 10 calls sent, 0 succeeded, ",
        "still down: 1 of 10 calls sent, 0 succeeded, ",
        "up again: 1 of 10 calls sent, 1 succeeded, ",
    ]) {
        ensure!(line.starts_with(right), "{line}, not {right}");
    }
    Ok(())
}

/// If the call that tries the server is canceled, another one may try.
async fn canceled() -> Result<()> {
    let changes = [(
        "    show(\"still down\", send).await;",
        "    let call = tokio::time::timeout(Duration::from_millis(20), send());
    println!(\"canceled: {}\", call.await.is_err());
    REQUESTS.store(0, Relaxed);",
    )];
    let lines = run(&changes).await?;
    ensure!(lines[2] == "canceled: true", "{lines:?}");
    let right = "up again: 10 of 10 calls sent, 10 succeeded, ";
    ensure!(lines[3].starts_with(right), "{lines:?}");
    Ok(())
}

/// A server that answers 404 is up, and one that answers 503 is down.
async fn answers() -> Result<()> {
    for (status, right) in [
        ("NOT_FOUND", "down: 10 of 10 calls sent, 10 succeeded, "),
        (
            "SERVICE_UNAVAILABLE",
            "down: 3 of 10 calls sent, 3 succeeded, ",
        ),
    ] {
        let answer = format!("axum::http::StatusCode::{status}");
        let changes = [
            (
                "async fn page() {",
                "async fn page() -> axum::http::StatusCode {",
            ),
            (
                "    sleep(Duration::from_millis(milliseconds)).await;",
                &answer,
            ),
        ];
        let lines = run(&changes).await?;
        ensure!(lines[1].starts_with(right), "{status}: {lines:?}");
    }
    Ok(())
}

/// What a copy with these changes prints: four lines.
async fn run(changes: &[(&str, &str)]) -> Result<Vec<String>> {
    let (status, lines) = run_changed("examples-http", "circuit_breaker", changes, "").await?;
    ensure!(status == 0 && lines.len() == 4, "{status}: {lines:?}");
    Ok(lines)
}
