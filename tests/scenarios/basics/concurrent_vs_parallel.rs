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

/// Spawned computations run together, and joined ones do not. The time of each
/// form is that of its own two computations: here a clock counts them. Each
/// finds all 41,538 primes below 500,000.
async fn together() -> Result<()> {
    let changes = [
        (
            "    let handle1 = ",
            "    println!(\"{} together\", MOST.load(SeqCst));\n    let handle1 = ",
        ),
        (
            "    report(\"spawn\", start, threads);",
            "    report(\"spawn\", start, threads);
    println!(\"{} together\", MOST.load(SeqCst));",
        ),
        (
            "use std::time::Instant;",
            "use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

static RUNNING: AtomicU64 = AtomicU64::new(0);
static MOST: AtomicU64 = AtomicU64::new(0);
static DONE: AtomicU64 = AtomicU64::new(0);

#[derive(Clone, Copy)]
struct Instant(u64);

impl Instant {
    fn now() -> Self {
        Self(DONE.load(SeqCst))
    }

    fn elapsed(&self) -> Duration {
        Duration::from_millis(DONE.load(SeqCst) - self.0)
    }
}
",
        ),
        (
            "async fn count_primes() -> ThreadId {",
            "async fn count_primes() -> ThreadId {
    MOST.fetch_max(RUNNING.fetch_add(1, SeqCst) + 1, SeqCst);
    // The thread of the other task may need a moment.
    let start = std::time::Instant::now();
    while tokio::task::try_id().is_some()
        && MOST.load(SeqCst) < 2
        && start.elapsed() < Duration::from_secs(5)
    {
        std::thread::sleep(Duration::from_millis(1));
    }",
        ),
        (
            "    black_box(primes.count());",
            "    println!(\"{} primes\", black_box(primes.count()));
    RUNNING.fetch_sub(1, SeqCst);
    DONE.fetch_add(1, SeqCst);",
        ),
    ];
    let (_, lines) = run_changed("examples-basics", "concurrent_vs_parallel", &changes, "").await?;
    let expected = [
        "41538 primes",
        "41538 primes",
        "in sequence: 2 ms on 1 thread",
        "41538 primes",
        "41538 primes",
        "join!: 2 ms on 1 thread",
        "1 together",
        "41538 primes",
        "41538 primes",
        "spawn: 2 ms on 2 threads",
        "2 together",
    ];
    ensure!(
        lines == expected,
        "{expected:?} are expected, not {lines:?}"
    );
    Ok(())
}
