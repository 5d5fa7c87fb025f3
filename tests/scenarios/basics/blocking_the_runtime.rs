//! `blocking_the_runtime` and how long its jobs take and block.

use anyhow::{Context, Result, ensure};
use harness::suite::Company;

use crate::scenarios::support::changed::{prints, run_changed};
use crate::scenarios::support::runner::{Scenario, run, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("whole_jobs", Company::Sleepers, || run(whole_jobs())).slow(),
        scenario("exact_gaps", exact_gaps).slow(),
    ]
}

/// The heartbeat runs beside the whole job: 1 s of sleep, 200 ms of computing.
/// Where the job blocks, the heartbeat stops that long, never for less. (The
/// transcript allows half of that.) The runtime has as many workers as is printed.
async fn whole_jobs() -> Result<()> {
    let changes = [
        (
            "let gap = runtime.block_on(longest_gap(job)).as_millis();",
            "// Its workers need a moment to start.
    thread::sleep(Duration::from_millis(500));
    let start = Instant::now();
    let gap = runtime.block_on(longest_gap(job)).as_millis();
    let (all, time) = (runtime.metrics().num_workers(), start.elapsed());
    println!(\"{all} workers, {name}: done in {} ms\", time.as_millis());",
        ),
        (
            "        job.await;\n",
            "        // `main` may be late: its next beat must still be to come.
        while LAST_BEAT.lock().unwrap().is_none_or(|it| it.elapsed() >= BEAT) {
            sleep(Duration::from_millis(1)).await;
        }
        job.await;\n",
        ),
        (
            "let last_beat = Instant::now();",
            "let last_beat = Instant::now();
        *LAST_BEAT.lock().unwrap() = Some(last_beat);",
        ),
        (
            "async fn good_example() {",
            "static LAST_BEAT: std::sync::Mutex<Option<Instant>> = std::sync::Mutex::new(None);

async fn good_example() {",
        ),
    ];
    let (_, lines) = run_changed("examples-basics", "blocking_the_runtime", &changes, "").await?;
    for (name, least) in [
        ("2 workers, good_example: done in ", 1000),
        ("2 workers, bad_example: longest gap ", 1000),
        ("16 workers, bad_example: longest gap ", 1000),
        ("16 workers, bad_example: done in ", 1000),
        ("2 workers, cpu_intensive_work: longest gap ", 200),
        ("2 workers, spawn_blocking: done in ", 200),
    ] {
        let time = lines.iter().find_map(|line| line.strip_prefix(name));
        let time = time.and_then(|time| time.strip_suffix(" ms")?.parse::<u32>().ok());
        let time = time.with_context(|| format!("no {name:?}: {lines:?}"))?;
        ensure!(
            time >= least,
            "{name}{time} ms, not {least} or more: {lines:?}"
        );
    }
    Ok(())
}

/// On a paused clock, the gaps are exact: 50 ms between two beats, or as long as a job
/// blocks, even if it then goes on. The job starts between two beats.
async fn exact_gaps() -> Result<()> {
    let changes = [
        (
            "use std::time::{Duration, Instant};",
            "use std::time::Duration;",
        ),
        (
            "use tokio::time::sleep;",
            "use tokio::time::{Instant, advance, sleep};",
        ),
        (
            "Builder::new_multi_thread()\n        .worker_threads(workers)",
            "Builder::new_current_thread()\n        .start_paused(true)",
        ),
        (
            "    thread::sleep(Duration::from_secs(1));\n",
            "    advance(Duration::from_secs(1)).await;
    sleep(Duration::from_millis(70)).await;\n",
        ),
        (
            "while start.elapsed() < Duration::from_millis(200) {",
            "while start.elapsed() > Duration::ZERO {",
        ),
        (
            "let gap = runtime.block_on(longest_gap(job)).as_millis();",
            "let (gap, time) = runtime.block_on(async {
        let start = Instant::now();
        let gap = longest_gap(job).await.as_millis() / 5 * 5;
        (gap, start.elapsed().as_millis() / 5 * 5)
    });
    print!(\"{time} ms, \");",
        ),
    ];
    let expected = [
        "1150 ms, 2 workers, good_example: longest gap 50 ms",
        "1225 ms, 2 workers, bad_example: longest gap 1025 ms",
        "1225 ms, 16 workers, bad_example: longest gap 1025 ms",
        "150 ms, 2 workers, cpu_intensive_work: longest gap 50 ms",
        "150 ms, 2 workers, spawn_blocking: longest gap 50 ms",
    ];
    prints(
        "examples-basics",
        "blocking_the_runtime",
        &changes,
        0,
        &expected,
    )
    .await
}
