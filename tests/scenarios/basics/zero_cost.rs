//! `zero_cost`: the cost of a box, what each form does, and which round counts.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::workspace::program;

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, alone, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        alone("box_costs", box_costs).slow(),
        scenario("same_work", same_work).slow(),
        scenario("fastest_round", fastest_round).slow(),
    ]
}

/// A box takes longer than none. (The transcript allows a fifth of its time.)
async fn box_costs() -> Result<()> {
    let path = program(Some("examples-basics"), "zero_cost", true)?;
    let output = String::from_utf8(Command::new(path).output()?.stdout)?;
    let time = |name: &str| {
        let line = output.lines().find_map(|line| line.strip_prefix(name));
        let time = line.and_then(|line| line.strip_suffix(" ns"));
        let time: f64 = time
            .with_context(|| format!("no {name:?}: {output}"))?
            .parse()?;
        anyhow::Ok(time)
    };
    let ratio = time("Box::pin: ")? / time("async fn: ")?;
    ensure!(
        ratio > 1.5,
        "a box takes {ratio:.2} times as long: {output}"
    );
    Ok(())
}

/// All five forms do the same additions, or their times say nothing. (The transcript
/// allows a fifth of a time.)
async fn same_work() -> Result<()> {
    let changes = [
        (
            "const ORDERS: u32 = 100_000;",
            "use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
static ADDITIONS: AtomicU32 = AtomicU32::new(0);
const ORDERS: u32 = 10;",
        ),
        (
            "black_box(sum) + price",
            "{ ADDITIONS.fetch_add(1, Relaxed); black_box(sum) + price }",
        ),
        (
            "println!(\"{name}: {nanoseconds:.1} ns\");",
            "println!(\"{} {name} {nanoseconds}\", ADDITIONS.swap(0, Relaxed));",
        ),
    ];
    let (_, lines) = run_changed("examples-basics", "zero_cost", &changes, "").await?;
    let counts: Vec<_> = lines
        .iter()
        .filter_map(|line| line.split(' ').next()?.parse::<u32>().ok())
        .collect();
    ensure!(
        counts.len() == 5 && counts.iter().all(|it| *it > 0 && *it == counts[0]),
        "five equal numbers of additions are expected: {lines:?}"
    );
    Ok(())
}

/// Of the five rounds of each form, the fastest counts. On the clock of this copy they
/// take 5, 3, 1, 2 and 4 s, for ten calls each.
async fn fastest_round() -> Result<()> {
    let changes = [
        ("ORDERS: u32 = 100_000", "ORDERS: u32 = 10"),
        (
            "use std::time::{Duration, Instant};",
            "use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

static STARTS: AtomicUsize = AtomicUsize::new(0);
struct Instant;

impl Instant {
    fn now() -> Self {
        STARTS.fetch_add(1, Relaxed);
        Self
    }

    fn elapsed(&self) -> Duration {
        Duration::from_secs([4, 5, 3, 1, 2][STARTS.load(Relaxed) % 5])
    }
}",
        ),
    ];
    let (_, lines) = run_changed("examples-basics", "zero_cost", &changes, "").await?;
    let times: Vec<_> = lines.iter().filter(|line| line.ends_with(" ns")).collect();
    ensure!(
        times.len() == 5 && times.iter().all(|it| it.ends_with(": 100000000.0 ns")),
        "the fastest round takes 1 s for ten calls, not {lines:?}"
    );
    Ok(())
}
