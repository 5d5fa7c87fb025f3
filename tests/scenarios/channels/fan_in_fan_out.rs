//! `fan_in_fan_out` with a worker that panics, and with channels that are full.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("panics", panics).slow(),
        scenario("full_queues", full_queues).slow(),
    ]
}

/// While a queue is full, steps wait for room in it: none is lost, and those of an order
/// stay in order.
async fn full_queues() -> Result<()> {
    let changes = [
        (
            "let (done, mut results) = mpsc::channel(8);",
            "let (done, mut results) = mpsc::channel(1);",
        ),
        (
            "let (queue, steps) = mpsc::channel(8);",
            "let (queue, steps) = mpsc::channel(1);",
        ),
        (
            "        next_step[step.order] += 1;",
            "        next_step[step.order] += 1;
        println!(\"{name}: order {} step {}\", step.order, step.number);",
        ),
    ];
    let (_, lines) = run_changed("examples-channels", "fan_in_fan_out", &changes, "").await?;
    for name in ["broken", "fixed"] {
        let step = format!("{name}: order ");
        let mut done: Vec<_> = lines.iter().filter(|it| it.starts_with(&step)).collect();
        done.sort();
        let all = (0..12).map(|it| format!("{step}{} step {}", it / 3, it % 3));
        ensure!(
            all.eq(done.iter().copied().cloned()),
            "all steps of 4 orders are expected, not {done:?}"
        );
    }
    let last = "fixed: 0 of 12 steps out of order";
    ensure!(
        lines.last().is_some_and(|line| line.starts_with(last)),
        "{last:?} is expected last: {lines:?}"
    );
    Ok(())
}

/// If a worker panics, its steps are missing, and there is no summary.
async fn panics() -> Result<()> {
    let changes = [(
        "sleep(STEPS[step.number]).await;",
        "assert_ne!(step.order, 2);\n        sleep(STEPS[step.number]).await;",
    )];
    let (status, lines) = run_changed("examples-channels", "fan_in_fan_out", &changes, "").await?;
    ensure!(
        status == 101 && !lines.iter().any(|line| line.contains("out of order")),
        "a worker panics: status 101 and no summary are expected, not {status} and {lines:?}"
    );
    Ok(())
}
