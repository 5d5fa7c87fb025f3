//! `observability` with paths that do not exist, and with a panic.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("unknown_paths", unknown_paths).slow(),
        scenario("panics", panics).slow(),
    ]
}

/// A hundred paths that do not exist share one metric. Each is a histogram, which
/// Prometheus can add up with those of other servers.
async fn unknown_paths() -> Result<()> {
    let changes = [
        (
            r#"    ask(&app, Request::get("/orders/9")).await?;"#,
            r#"    for number in 0..100 {
        ask(&app, Request::get(format!("/nowhere/{number}"))).await?;
    }"#,
        ),
        (r#".contains("_count{")"#, r#".starts_with("http_")"#),
    ];
    let (status, lines) = run_changed("examples-http", "observability", &changes, "").await?;
    let metrics: Vec<&String> = lines.iter().filter(|it| it.contains("_count{")).collect();
    let one = r#"http_request_seconds_count{route="none",status="404"} 100"#;
    ensure!(
        status == 0 && metrics.len() == 3 && metrics.iter().any(|it| *it == one),
        "three metrics are to remain, one of them {one}; status {status}: {metrics:?}"
    );
    // Order 7 takes 100 ms.
    let first = r#"http_request_seconds_bucket{route="/orders/{id}",status="200",le="#;
    for bucket in ["\"0.05\"} 0", "\"0.5\"} ", "\"+Inf\"} 1"] {
        let bucket = format!("{first}{bucket}");
        ensure!(
            lines.iter().any(|line| line.starts_with(&bucket)),
            "a histogram is expected, with a line {bucket}: {lines:?}"
        );
    }
    Ok(())
}

/// A handler that panics is an error of the server, not of a client that has left.
async fn panics() -> Result<()> {
    let changes = [
        (
            "        return StatusCode::SERVICE_UNAVAILABLE;",
            "        panic!(\"told to\");",
        ),
        (
            r#"    ask(&app, Request::get("/orders/9")).await?;"#,
            r#"    let panics = async move { ask(&app, Request::get("/orders/9")).await };
    let _ = tokio::spawn(panics).await;"#,
        ),
    ];
    let (status, lines) = run_changed("examples-http", "observability", &changes, "").await?;
    let metrics: Vec<&String> = lines.iter().filter(|it| it.contains("_count{")).collect();
    let right = ["200", "500", "canceled"].map(|it| {
        format!(r#"http_request_seconds_count{{route="/orders/{{id}}",status="{it}"}} 1"#)
    });
    ensure!(
        status == 0 && metrics.iter().copied().eq(&right),
        "{right:?} is right; status {status}: {metrics:?}"
    );
    Ok(())
}
