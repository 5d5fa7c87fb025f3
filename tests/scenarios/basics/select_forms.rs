//! `select_forms` with orders that come too late or too early, and with one that burns.

use std::process::Command;

use anyhow::{Result, ensure};
use harness::repository::build_changed;
use harness::workspace::root;

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("late_orders", late_orders).slow(),
        scenario("lost_order", lost_order).slow(),
    ]
}

/// When it is time to close, no order is taken that waits: the branches are tried in
/// the order written, in each run.
async fn late_orders() -> Result<()> {
    let changes = [(
        "    loop {",
        "    sleep(Duration::from_secs(1)).await;\n    loop {",
    )];
    let copy = build_changed(root(), "examples-basics", "select_forms", &changes)?;
    for run in 1..=20 {
        let output = Command::new(copy.path().join("select_forms")).output()?;
        let output = String::from_utf8(output.stdout)?;
        ensure!(
            output == "1000 ms: the kitchen closes\n",
            "run {run} prints\n{output}"
        );
    }
    Ok(())
}

/// A cook who panics loses one order. If no more orders come, the kitchen stays open all
/// the same.
async fn lost_order() -> Result<()> {
    let changes = [
        ("1..=5", "1..=3"),
        (
            "sleep(Duration::from_millis(250)).await;",
            "sleep(Duration::from_millis(250)).await;\n    assert_ne!(order, 2, \"it burns\");",
        ),
    ];
    let (status, mut lines) = run_changed("examples-basics", "select_forms", &changes, "").await?;
    lines.retain(|line| line.contains(" ms: "));
    let expected = [
        "100 ms: order 1 taken",
        "200 ms: order 2 taken",
        "350 ms: order 1 served",
        "350 ms: order 3 taken",
        "450 ms: an order is lost: task ",
        "600 ms: the kitchen closes",
        "600 ms: order 3 served",
    ];
    let is_right = lines.len() == expected.len()
        && lines
            .iter()
            .zip(expected)
            .all(|(line, start)| line.starts_with(start));
    ensure!(
        status == 0 && is_right,
        "order 2 burns: {expected:?} are expected, not status {status} after {lines:?}"
    );
    Ok(())
}
