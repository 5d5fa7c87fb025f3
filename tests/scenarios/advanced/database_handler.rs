//! `database_handler` and where it logs.

use std::time::Duration;

use anyhow::{Result, ensure};
use harness::Terminal;
use harness::workspace::binary;

use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("logs_to_stderr", logs_to_stderr)]
}

/// The causes of errors go to standard error, and the answers do not.
async fn logs_to_stderr() -> Result<()> {
    let path = binary("database_handler")?.display();
    let answers = format!("exec '{path}' 2>errors");
    let (_, lines) = Terminal::open()?.run(&answers, Duration::from_secs(10))?;
    let is_answer = |line: &String| line.starts_with("GET /users/");
    ensure!(
        lines.len() == 4 && lines.iter().all(is_answer),
        "four answers are expected on standard output, and no log: {lines:?}"
    );
    Ok(())
}
