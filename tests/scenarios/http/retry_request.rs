//! `retry_request` with many clients, with each status, and with a server that is gone.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::{PATIENT, run_changed};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("jitter", jitter).slow(),
        scenario("not_found", not_found).slow(),
        scenario("temporary", temporary).slow(),
    ]
}

/// A hundred clients that have failed together do not return together. The clock is
/// paused, since a busy machine would spread them too.
async fn jitter() -> Result<()> {
    let changes = [
        (
            "#[tokio::main]",
            "#[tokio::main(flavor = \"current_thread\", start_paused = true)]",
        ),
        (
            "use std::time::{Duration, Instant};\n",
            "use std::time::Duration;\nuse tokio::time::Instant;\n",
        ),
        (
            "println!(\"down, 100 calls of get: {} attempts\", take_attempts().len());",
            "let mut times = take_attempts();
    times.sort();
    println!(\"{} {} {}\", times[100], times[199], times[200]);",
        ),
    ];
    let (status, lines) = run_changed("examples-http", "retry_request", &changes, "").await?;
    ensure!(status == 0 && lines.len() == 3, "{status}: {lines:?}");
    // The second attempts: the first and the last of them. Then the first third one.
    let times: Result<Vec<u32>, _> = lines[1].split(' ').map(str::parse).collect();
    let [first, last, third] = times?[..] else {
        anyhow::bail!("{lines:?}");
    };
    ensure!(first >= 50, "too early: {first} ms");
    ensure!(
        first < 100 && (150..200).contains(&third),
        "the first pause is to begin with 50 ms and the second with 100 ms, so the earliest \
         attempts are to come soon after 50 ms and 150 ms, not after {first} ms and {third} ms"
    );
    ensure!(
        last - first > 30,
        "all within {} ms: from {first} to {last} ms",
        last - first
    );
    Ok(())
}

/// A page that does not exist is asked for once.
async fn not_found() -> Result<()> {
    let changes = [
        (
            "push(Instant::now());\n    StatusCode::SERVICE_UNAVAILABLE",
            "push(Instant::now());\n    StatusCode::NOT_FOUND",
        ),
        PATIENT,
    ];
    let (status, lines) = run_changed("examples-http", "retry_request", &changes, "").await?;
    let right = [
        "down, 100 calls of get: 100 attempts",
        "down, 100 calls of get_within_budget: 100 attempts",
    ];
    ensure!(status == 0 && lines[1..] == right, "{status}: {lines:?}");
    Ok(())
}

/// Only what may be another the next time is asked for again: four of the statuses,
/// and a server that does not answer at all.
async fn temporary() -> Result<()> {
    let changes = [
        (
            "/// When each attempt reached the server.",
            "static CODE: std::sync::atomic::AtomicU16 = std::sync::atomic::AtomicU16::new(503);
/// When each attempt reached the server.",
        ),
        (
            "push(Instant::now());\n    StatusCode::SERVICE_UNAVAILABLE",
            "push(Instant::now());
    StatusCode::from_u16(CODE.load(std::sync::atomic::Ordering::Relaxed)).unwrap()",
        ),
        (
            "    // In 10 s: one retry",
            "    for code in [429, 502, 503, 504, 400, 404, 500, 501] {
        CODE.store(code, std::sync::atomic::Ordering::Relaxed);
        let _ = get(&client, &url).await;
        println!(\"{code}: {}\", take_attempts().len());
    }
    CODE.store(503, std::sync::atomic::Ordering::Relaxed);
    let start = Instant::now();
    let refused = get(&client, \"http://127.0.0.1:9/\").await.is_err();
    println!(\"{refused} {}\", start.elapsed().as_millis());
    // In 10 s: one retry",
        ),
    ];
    let (status, lines) = run_changed("examples-http", "retry_request", &changes, "").await?;
    let right = [
        "429: 4", "502: 4", "503: 4", "504: 4", "400: 1", "404: 1", "500: 1", "501: 1",
    ];
    ensure!(
        status == 0 && lines.len() == 12 && lines[2..10] == right,
        "the attempts are to be {right:?}; status {status}: {lines:?}"
    );
    let took: Option<u32> = lines[10]
        .strip_prefix("true ")
        .and_then(|it| it.parse().ok());
    ensure!(
        took.is_some_and(|took| took >= 50 + 100 + 200),
        "a refused connection is to be tried again three times, after 350 ms in all: {}",
        lines[10]
    );
    Ok(())
}
