//! `atomic_write` on a full disk, on another disk, and before a crash.

use anyhow::{Result, ensure};
use harness::suite::Company;

use crate::scenarios::support::changed::run_changed;
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
    let (status, lines) =
        run_changed("examples-io", "atomic_write", &[(folder, missing)], "").await?;
    let last = lines.last().map(String::as_str);
    ensure!(
        status == 0 && last == Some("permissions kept: true"),
        "{status}: {lines:?}"
    );
    Ok(())
}
