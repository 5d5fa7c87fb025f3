//! `atomic_write` on a full disk, on another disk, and before a crash.

use std::time::Duration;

use anyhow::{Result, ensure};
use harness::Terminal;
use harness::repository::build_changed;
use harness::suite::Company;
use harness::workspace::root;

use crate::scenarios::support::changed::{ends_with, run_changed};
use crate::scenarios::support::files;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    let mut tests = vec![
        scenario("full_disk", full_disk),
        scenario("own_folder", own_folder).slow(),
        scenario("full_halfway", full_halfway).slow(),
        scenario("other_lists", other_lists).slow(),
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

/// If the disk is full when the last prices come, the old list stays, alone.
async fn full_halfway() -> Result<()> {
    let changes = [
        (
            r#"file.write_all(b"white 7\nmint 4\n").await?;"#,
            "file.write_all(&[b'x'; 5000]).await?;",
        ),
        (
            "    fixed(&list).await?;\n",
            r#"    let failed = fixed(&list).await.is_err();
    let files = std::fs::read_dir(&folder)?.count();
    println!("failed: {failed}; {files} file: {}", read(&list).await?);
"#,
        ),
    ];
    let copy = build_changed(root(), "examples-io", "atomic_write", &changes)?;
    // Room for 1024 bytes at most.
    let path = copy.path().join("atomic_write");
    let command = format!("trap '' XFSZ; ulimit -f 1; exec '{}'", path.display());
    let (_, lines) = Terminal::open()?.run(&command, Duration::from_secs(20))?;
    let expected = "failed: true; 1 file: green 4, black 5, white 6, mint 3";
    ensure!(
        lines.iter().any(|line| line == expected),
        "on a disk that is full halfway {expected:?} is expected, not {lines:?}"
    );
    Ok(())
}

/// A list that is written for the first time, and one whose permissions no system
/// gives by itself: the temporary file has them before the rename.
async fn other_lists() -> Result<()> {
    let look = (
        "    temporary_path.persist(list)?;\n",
        r#"    let new = fs::metadata(&temporary_path).await?.permissions();
    let mode = std::os::unix::fs::PermissionsExt::mode(&new);
    println!("before the rename: {mode:o}");
    temporary_path.persist(list)?;
"#,
    );
    let change = (
        "    let old = fs::metadata(&list).await?.permissions();\n",
        r#"    let first = folder.path().join("first");
    fixed(&first).await?;
    println!("first: {}", read(&first).await?);
    let odd = std::os::unix::fs::PermissionsExt::from_mode(0o604);
    fs::set_permissions(&list, odd).await?;
    let old = fs::metadata(&list).await?.permissions();
"#,
    );
    let changes = [look, change];
    let (status, lines) = run_changed("examples-io", "atomic_write", &changes, "").await?;
    let expected = "first: green 5, black 6, white 7, mint 4";
    ensure!(
        status == 0 && lines.iter().any(|line| line == expected),
        "without an old list status 0 and {expected:?} are expected, not {status}: {lines:?}"
    );
    let expected = ["before the rename: 100604", "permissions kept: true"];
    ensure!(
        expected
            .iter()
            .all(|it| lines.iter().any(|line| line == it)),
        "with the permissions 604 {expected:?} are expected, not {lines:?}"
    );
    Ok(())
}
