//! `error_responses` whose log nobody reads, and with a route that does not fit
//! its handler.

use std::io;
use std::process::Command;

use anyhow::{Result, ensure};
use harness::workspace::binary;

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("unheard", unheard),
        scenario("wrong_route", wrong_route).slow(),
    ]
}

/// A 500 is answered, even if the log cannot be written.
async fn unheard() -> Result<()> {
    let (reader, log) = io::pipe()?;
    drop(reader);
    let output = Command::new(binary("error_responses")?)
        .stderr(log)
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let last = "/broken/3/pay {\"cents\":500}: 500 ";
    ensure!(
        output.status.success() && said.lines().any(|line| line.starts_with(last)),
        "it is to go on to the last request; status: {}: {said}",
        output.status
    );
    Ok(())
}

/// A mistake in a route is a 500 whose reason only the log has.
async fn wrong_route() -> Result<()> {
    let changes = [("\"/orders/{id}/pay\"", "\"/{table}/{id}/pay\"")];
    let (status, lines) = run_changed("examples-http", "error_responses", &changes, "").await?;
    let answer = "/orders/1/pay {\"cents\":500}: 500 {\"error\":\"internal error\"}";
    let log = "log: Wrong number of path arguments";
    ensure!(
        status == 0
            && lines.iter().any(|line| line == answer)
            && lines.iter().any(|line| line.starts_with(log)),
        "{status}: {lines:?}"
    );
    Ok(())
}
