//! `read_to_string` on a full disk.

use anyhow::Result;

use crate::scenarios::support::files;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("full_disk", full_disk)]
}

async fn full_disk() -> Result<()> {
    files::full_disk("read_to_string", "Error: cannot write data.txt")
        .await
        .map(drop)
}
