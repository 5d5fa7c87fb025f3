//! `process_group` with a process that ignores SIGTERM.

use anyhow::Result;

use crate::scenarios::support::files::Files;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("ignores_sigterm", ignores_sigterm).slow()]
}

/// In the place of `sleep`, the shell starts a script that says so if it is not
/// killed. It is killed in `fixed`, not in `broken`.
async fn ignores_sigterm() -> Result<()> {
    let mut files = Files::of("process_group")?;
    let script = b"#!/bin/sh\ntrap '' TERM\n/bin/sleep \"$1\"\necho woken >&2\n";
    files.write("sleep", script)?;
    files.set_mode("sleep", 0o755)?;
    files.command.insert_str(0, "export PATH=.:$PATH; ");
    let shown = "broken: the shell is killed
broken: its output has ended
fixed: the shell is killed
fixed: its output has ended
";
    files.run("").await?.expect(0, shown, &["woken"])
}
