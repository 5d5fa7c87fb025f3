//! `zero_cost`: the cost of a box, and what each form does.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::workspace::program;

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, alone, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        alone("box_costs", box_costs).slow(),
        scenario("same_work", same_work).slow(),
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
