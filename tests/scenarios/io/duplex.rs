//! `duplex` with an order that is too long.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("long_order", long_order).slow()]
}

/// An order as long as the limit is served, and a longer one is an error.
async fn long_order() -> Result<()> {
    let limit = [("MAX_LINE: usize = 80", "MAX_LINE: usize = 3")];
    let (status, lines) = run_changed("examples-io", "duplex", &limit, "").await?;
    let expected = ["tea is ready", "Error: max line length exceeded"];
    ensure!(
        status == 1 && lines == expected,
        "with 3 bytes at most, status 1 and {expected:?} are expected, not {status}: {lines:?}"
    );
    Ok(())
}
