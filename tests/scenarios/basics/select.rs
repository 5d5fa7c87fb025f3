//! `select` again and again, and with another mirror that is faster.

use std::process::Command;

use anyhow::{Result, ensure};
use harness::workspace::binary;

use crate::scenarios::support::changed::{PAUSED, exact_times, run_changed};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        exact_times("examples-basics", "select"),
        scenario("same_order", same_order).slow(),
        scenario("far_is_faster", far_is_faster).slow(),
    ]
}

/// The near mirror is asked first in each run: without `biased`, it would be in
/// half of them.
async fn same_order() -> Result<()> {
    for run in 1..=20 {
        let output = Command::new(binary("select")?).output()?;
        let output = String::from_utf8(output.stdout)?;
        ensure!(
            output.starts_with("near: asked\nfar: asked\n"),
            "run {run} prints\n{output}"
        );
    }
    Ok(())
}

/// Whichever mirror answers first gives the page, and the other one is canceled.
async fn far_is_faster() -> Result<()> {
    let changes = [PAUSED, ("from_millis(500)", "from_millis(10)")];
    let (_, lines) = run_changed("examples-basics", "select", &changes, "").await?;
    let expected = [
        "near: asked",
        "far: asked",
        "far: answers",
        "far: hangs up",
        "near: hangs up",
        "page from the far mirror",
    ];
    ensure!(
        lines == expected,
        "{expected:?} are expected, not {lines:?}"
    );
    Ok(())
}
