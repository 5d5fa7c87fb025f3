//! `latency` with latencies that are known, on a paused clock, with a long block, and
//! with neighbors that say when they stop.

use anyhow::{Context, Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("percentiles", percentiles).slow(),
        scenario("paused", paused).slow(),
        scenario("late_start", late_start).slow(),
        scenario("one_cause_at_a_time", one_cause_at_a_time).slow(),
    ]
}

/// Of 1 to 500 ms, one each: 1% are longer than the 99th percentile, or as long.
async fn percentiles() -> Result<()> {
    let known = "report(\"calm\", (1..=500).map(Duration::from_millis).collect());";
    let changes = [("report(\"calm\", measure().await);", known)];
    let (status, lines) = run_changed("examples-advanced", "latency", &changes, "").await?;
    let expected = "calm: average 250 ms, p50 251 ms, p99 496 ms";
    ensure!(
        status == 0 && lines.first().is_some_and(|line| line == expected),
        "{expected:?} is expected first: {status}: {lines:?}"
    );
    Ok(())
}

/// On a paused clock: request number 1 waits 20 ms and 500 ms, the next one 1 ms
/// less, and so on. They arrive one each millisecond, so all end after 520 ms.
async fn paused() -> Result<()> {
    let changes = [
        (
            "#[tokio::main(flavor = \"current_thread\")]",
            "#[tokio::main(flavor = \"current_thread\", start_paused = true)]",
        ),
        (
            "    report(\"calm\", measure().await);",
            "    let start = tokio::time::Instant::now();
    report(\"calm\", measure().await);
    println!(\"{:?}\", start.elapsed());
    std::process::exit(0);",
        ),
        (
            "            handle().await;",
            "            handle().await;
            sleep((REQUESTS - number) * Duration::from_millis(1)).await;",
        ),
    ];
    let (_, lines) = run_changed("examples-advanced", "latency", &changes, "").await?;
    let expected = ["calm: average 270 ms, p50 271 ms, p99 516 ms", "520ms"];
    ensure!(lines == expected, "{expected:?} is expected, not {lines:?}");
    Ok(())
}

/// A neighbor blocks the thread for a second, and all requests, due within the
/// first half of it, start late: half of them by 750 ms or more.
async fn late_start() -> Result<()> {
    let changes = [
        ("report(\"calm\", measure().await);", ""),
        ("report(\"busy\", measure().await);", ""),
        ("    sleep(Duration::from_millis(250)).await;", ""),
        ("Duration::from_millis(100)", "Duration::from_secs(1)"),
    ];
    let (_, lines) = run_changed("examples-advanced", "latency", &changes, "").await?;
    let p50 = lines.iter().find_map(|line| {
        let (_, p50) = line.split_once("blocked: ")?.1.split_once("p50 ")?;
        p50.split(' ').next()?.parse::<u32>().ok()
    });
    let p50 = p50.with_context(|| format!("no p50: {lines:?}"))?;
    ensure!(p50 >= 750, "p50 is to be 750 ms or more: {lines:?}");
    Ok(())
}

/// The busy neighbors are gone when the block is measured. They compute for 1 ms at
/// a time: the shortest time is told, since others on the machine make it longer.
async fn one_cause_at_a_time() -> Result<()> {
    let changes = [
        ("REQUESTS: u32 = 500;", "REQUESTS: u32 = 10;"),
        (
            "async fn busy() {",
            "async fn busy() {
    struct Neighbor(Duration);
    impl Drop for Neighbor {
        fn drop(&mut self) {
            println!(\"stopped: {}\", self.0.as_micros());
        }
    }
    let mut neighbor = Neighbor(Duration::MAX);",
        ),
        (
            "        yield_now().await;",
            "        neighbor.0 = neighbor.0.min(start.elapsed());
        yield_now().await;",
        ),
    ];
    let (_, lines) = run_changed("examples-advanced", "latency", &changes, "").await?;
    let order: Vec<&str> = lines.iter().filter_map(|it| it.split(' ').next()).collect();
    let stopped = "stopped:";
    let expected = ["calm:", "busy:", stopped, stopped, stopped, "blocked:"];
    ensure!(order == expected, "{expected:?} is expected: {lines:?}");
    for shortest in lines.iter().filter_map(|it| it.strip_prefix("stopped: ")) {
        let shortest: u32 = shortest.parse()?;
        ensure!(
            (1000..5000).contains(&shortest),
            "the neighbors are to compute for 1 ms at a time: {lines:?}"
        );
    }
    Ok(())
}
