//! `write_file` on a full disk.

use anyhow::{Result, ensure};

use crate::scenarios::support::files;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("full_disk", full_disk)]
}

/// Its `broken` does not notice that nothing was written.
async fn full_disk() -> Result<()> {
    let shown = files::full_disk("write_file", "Error: File too large").await?;
    let broken = "broken, dropped: 200 of 200 files are short";
    ensure!(shown.contains(broken), "{broken:?} is expected: {shown}");
    Ok(())
}
