//! `batching` with batches of another size, on a paused clock, and with times that
//! are known.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("small_last_batch", small_last_batch).slow(),
        scenario("exact_waits", exact_waits).slow(),
        scenario("known_times", known_times).slow(),
    ]
}

/// No item is lost where the last batch has 10 items and the others have 30: the
/// example itself counts them.
async fn small_last_batch() -> Result<()> {
    let change = [("BATCH: usize = 50;", "BATCH: usize = 30;")];
    let (status, lines) = run_changed("examples-advanced", "batching", &change, "").await?;
    ensure!(status == 0, "status 0 is expected, not {status}: {lines:?}");
    Ok(())
}

/// On a paused clock the times are exact: 1000 tasks wait for 5 ms together, a
/// batch waits 50 times, and 50 at a time wait 20 times.
async fn exact_waits() -> Result<()> {
    let changes = [
        (
            "#[tokio::main(worker_threads = 2)]",
            "#[tokio::main(flavor = \"current_thread\", start_paused = true)]",
        ),
        (
            "use std::time::{Duration, Instant};",
            "use std::time::Duration;",
        ),
        (
            "use tokio::time::sleep;",
            "use tokio::time::{Instant, sleep};",
        ),
    ];
    let (_, lines) = run_changed("examples-advanced", "batching", &changes, "").await?;
    let expected = [
        "1000 items that wait for 5 ms",
        "  a task for each: 5.00 ms",
        "  batches of 50: 250.00 ms, slower",
        "  50 at a time: 100.00 ms, slower",
    ];
    ensure!(
        lines.ends_with(&expected.map(String::from)),
        "{expected:?} is expected at the end: {lines:?}"
    );
    Ok(())
}

/// Of the rounds the fastest is shown, and compared with a task for each. There
/// are two workers.
async fn known_times() -> Result<()> {
    let changes = [
        (
            "    println!(\"1000 items that add a number\");",
            "    let runtime = tokio::runtime::Handle::current();
    println!(\"{} workers\", runtime.metrics().num_workers());
    println!(\"1000 items that add a number\");",
        ),
        (
            "    start.elapsed().as_secs_f64() * 1000.0",
            "    static MEASURED: std::sync::Mutex<usize> = std::sync::Mutex::new(0);
    let mut measured = MEASURED.lock().unwrap();
    *measured += 1;
    let _ = start;
    // The second round of each kind of work is the fastest.
    match *measured {
        4 => 10.0,
        5 => 2.9,
        6 => 3.1,
        94 => 10.0,
        95 => 29.0,
        96 => 31.0,
        103 => 10.0,
        104 => 31.0,
        105 => 2.9,
        _ => 100.0,
    }",
        ),
    ];
    let (_, lines) = run_changed("examples-advanced", "batching", &changes, "").await?;
    let expected = [
        "2 workers",
        "1000 items that add a number",
        "  a task for each: 10.00 ms",
        "  batches of 50: 2.90 ms, faster",
        "  50 at a time: 3.10 ms, about the same",
        "1000 items that loop 5,000 times",
        "  a task for each: 10.00 ms",
        "  batches of 50: 29.00 ms, about the same",
        "  50 at a time: 31.00 ms, slower",
        "1000 items that wait for 5 ms",
        "  a task for each: 10.00 ms",
        "  batches of 50: 31.00 ms, slower",
        "  50 at a time: 2.90 ms, faster",
    ];
    ensure!(lines == expected, "{expected:?} is expected, not {lines:?}");
    Ok(())
}
