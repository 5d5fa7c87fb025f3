//! `atomic_write` on a full disk, on another disk, and before a crash.

use anyhow::Result;
use harness::suite::Company;

use crate::scenarios::support::changed::ends_with;
use crate::scenarios::support::files;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    let mut tests = vec![
        scenario("full_disk", full_disk),
        scenario("own_folder", own_folder).slow(),
    ];
    if cfg!(target_os = "linux") {
        tests.push(Scenario::new("syncs", Company::Any, || {
            files::syncs_before_rename("atomic_write", "")
        }));
    }
    tests
}

async fn full_disk() -> Result<()> {
    files::full_disk("atomic_write", "Error: File too large")
        .await
        .map(drop)
}

/// The temporary file lies beside the list: the folder of other temporary files may
/// be on another disk, or missing as here.
async fn own_folder() -> Result<()> {
    let folder = "tempfile::tempdir()?;";
    let missing = "tempfile::tempdir()?;
    let _ = tempfile::env::override_temp_dir(&folder.path().join(\"missing\"));";
    let last = "permissions kept: true";
    ends_with("examples-io", "atomic_write", &[(folder, missing)], last).await
}
