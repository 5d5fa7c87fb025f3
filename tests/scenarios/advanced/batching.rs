//! `batching` with batches of another size.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("small_last_batch", small_last_batch).slow()]
}

/// No item is lost where the last batch has 10 items and the others have 30: the
/// example itself counts them.
async fn small_last_batch() -> Result<()> {
    let change = [("BATCH: usize = 50;", "BATCH: usize = 30;")];
    let (status, lines) = run_changed("examples-advanced", "batching", &change, "").await?;
    ensure!(status == 0, "status 0 is expected, not {status}: {lines:?}");
    Ok(())
}
