//! `observability` with paths that do not exist, with an id that is not text, with a
//! panic, and for a while.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("unknown_paths", unknown_paths).slow(),
        scenario("panics", panics).slow(),
        scenario("upkeep", upkeep).slow(),
    ]
}

/// The client of order 8 leaves before its answer, also on a busy machine.
const CLIENT_OF_ORDER_8: (&str, &str) = (
    "sleep(Duration::from_millis(100))",
    "sleep(Duration::from_millis(if id == 8 { 60_000 } else { 100 }))",
);

/// A hundred paths that do not exist share one metric. Each is a histogram, which
/// Prometheus can add up with those of other servers. An id that is not text is not
/// logged, nor is a query, which may be secret.
async fn unknown_paths() -> Result<()> {
    let changes = [
        (
            r#"    ask(&app, Request::get("/orders/9")).await?;"#,
            r#"    for number in 0..100 {
        ask(&app, Request::get(format!("/nowhere/{number}"))).await?;
    }"#,
        ),
        CLIENT_OF_ORDER_8,
        (r#".contains("_count{")"#, r#".starts_with("http_")"#),
        (
            r#"Request::get("/orders/7").header("x-request-id", "42")"#,
            r#"Request::get("/orders/7?key=1").header("x-request-id", &b"4\xe92"[..])"#,
        ),
    ];
    let (status, lines) = run_changed("examples-http", "observability", &changes, "").await?;
    let metrics: Vec<&String> = lines.iter().filter(|it| it.contains("_count{")).collect();
    let logged = r#" INFO request{path="/orders/7"}: loading order 7"#;
    ensure!(
        lines[0] == logged,
        "{logged:?} is to be logged, not {:?}",
        lines[0]
    );
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
    let sum = r#"http_request_seconds_sum{route="/orders/{id}",status="200"} "#;
    let sum = lines
        .iter()
        .find_map(|line| line.strip_prefix(sum)?.parse().ok());
    ensure!(
        sum.is_some_and(|sum: f64| (0.1..60.0).contains(&sum)),
        "order 7 is to take a tenth of a second or a little more, not {sum:?}: {lines:?}"
    );
    Ok(())
}

/// A handler that panics is an error of the server, not of a client that has left.
async fn panics() -> Result<()> {
    let changes = [
        CLIENT_OF_ORDER_8,
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

/// The histograms are looked after every five seconds, as long as the server runs.
async fn upkeep() -> Result<()> {
    let changes = [
        (
            "#[tokio::main]",
            "#[tokio::main(flavor = \"current_thread\", start_paused = true)]",
        ),
        (
            "            handle.run_upkeep();\n",
            "            handle.run_upkeep();\n            println!(\"upkeep\");\n",
        ),
        (
            "    let answer = ask(&metrics_app",
            "    sleep(Duration::from_secs(16)).await;\n    let answer = ask(&metrics_app",
        ),
    ];
    let (status, lines) = run_changed("examples-http", "observability", &changes, "").await?;
    let count = lines.iter().filter(|line| *line == "upkeep").count();
    ensure!(
        status == 0 && count == 3,
        "in 16 s, three times of upkeep are expected, not {count}; status {status}: {lines:?}"
    );
    Ok(())
}
