//! `observability` with paths that do not exist.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("unknown_paths", unknown_paths).slow()]
}

/// A hundred paths that do not exist share one metric.
async fn unknown_paths() -> Result<()> {
    let changes = [(
        r#"    ask(&app, Request::get("/orders/9")).await?;"#,
        r#"    for number in 0..100 {
        ask(&app, Request::get(format!("/nowhere/{number}"))).await?;
    }"#,
    )];
    let (status, lines) = run_changed("examples-http", "observability", &changes, "").await?;
    let metrics: Vec<&String> = lines.iter().filter(|it| it.contains("_count{")).collect();
    let one = r#"http_request_seconds_count{route="none",status="404"} 100"#;
    ensure!(
        status == 0 && metrics.len() == 3 && metrics.iter().any(|it| *it == one),
        "three metrics are to remain, one of them {one}; status {status}: {metrics:?}"
    );
    Ok(())
}
