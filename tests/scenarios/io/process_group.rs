//! `process_group` with a process that ignores SIGTERM.

use anyhow::Result;
use harness::repository::build_changed;
use harness::workspace::root;

use crate::scenarios::support::files::Files;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("ignores_sigterm", ignores_sigterm).slow()]
}

/// In the place of `sleep`, the shell starts a script that says so if it is not
/// killed. It is killed in `fixed`, not in `broken`.
async fn ignores_sigterm() -> Result<()> {
    // On a busy machine, too, the script runs before it is killed.
    let later = "async fn sleep(time: Duration) {
        tokio::time::sleep(10 * time).await;
    }";
    let change = [("use tokio::time::sleep;", later)];
    let copy = build_changed(root(), "examples-io", "process_group", &change)?;
    let mut files = Files::of("process_group")?;
    let script = b"#!/bin/sh\ntrap '' TERM\n/bin/sleep 4\necho woken >&2\n";
    files.write("script", script)?;
    files.set_mode("script", 0o755)?;
    let path = copy.path().join("process_group");
    // Copied by `cp`: a child of another thread may still have `script` open to write.
    files.command = format!(
        "cp script sleep; export PATH=.:$PATH; exec '{}'",
        path.display()
    );
    let shown = "broken: the shell is killed
broken: its output has ended
fixed: the shell is killed
fixed: its output has ended
";
    files.run("").await?.expect(0, shown, &["woken"])
}
