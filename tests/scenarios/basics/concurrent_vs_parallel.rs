//! `concurrent_vs_parallel` and how many computations run together.

use std::thread::available_parallelism;

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    let cores = available_parallelism().map_or(1, usize::from);
    vec![
        scenario("together", together)
            .needs(cores > 1, "it needs two cores")
            .slow(),
    ]
}

/// Spawned computations run together, and joined ones do not.
async fn together() -> Result<()> {
    let changes = [
        (
            "    let handle1 = ",
            "    println!(\"{} together\", MOST.load(SeqCst));\n    let handle1 = ",
        ),
        (
            "    report(\"spawn\", start, threads);",
            "    println!(\"{} together\", MOST.load(SeqCst));",
        ),
        (
            "async fn count_primes() -> ThreadId {",
            "use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

static RUNNING: AtomicU32 = AtomicU32::new(0);
static MOST: AtomicU32 = AtomicU32::new(0);

async fn count_primes() -> ThreadId {
    MOST.fetch_max(RUNNING.fetch_add(1, SeqCst) + 1, SeqCst);",
        ),
        (
            "    black_box(primes.count());",
            "    black_box(primes.count());\n    RUNNING.fetch_sub(1, SeqCst);",
        ),
    ];
    let (_, lines) = run_changed("examples-basics", "concurrent_vs_parallel", &changes, "").await?;
    let together: Vec<_> = lines
        .iter()
        .filter(|line| line.ends_with(" together"))
        .collect();
    ensure!(
        together == ["1 together", "2 together"],
        "one computation runs by itself, and spawned ones together: {lines:?}"
    );
    Ok(())
}
