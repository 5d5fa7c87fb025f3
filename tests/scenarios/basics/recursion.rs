//! `recursion` with symbolic links, with odd names, and with a directory that cannot be
//! read.

use std::process::Command;

use anyhow::{Result, ensure};
use harness::repository::build_changed;
use harness::workspace::root;

use crate::scenarios::support::changed::{exact_times, run_changed};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        exact_times("examples-basics", "recursion"),
        scenario("links", links).slow(),
        scenario("errors", errors).slow(),
    ]
}

/// A link back to the root is not followed, or `size` would run in a circle; and
/// a link to nothing is no error. A name need not be text, and `.` has none.
async fn links() -> Result<()> {
    let changes = [(
        "size(&photos).await?;",
        "use std::os::unix::ffi::OsStrExt;
    let name: &[u8] = if cfg!(target_os = \"linux\") { b\"caf\\xe9\" } else { b\"cafe\" };
    fs::create_dir(photos.join(\"summer/alps\").join(std::ffi::OsStr::from_bytes(name))).await?;
    std::os::unix::fs::symlink(&photos, photos.join(\"summer/all\"))?;
    std::os::unix::fs::symlink(\"nothing\", photos.join(\"summer/none\"))?;
    size(&photos).await?;
    std::env::set_current_dir(photos.join(\"summer\"))?;
    size(Path::new(\".\")).await?;",
    )];
    let (status, lines) = run_changed("examples-basics", "recursion", &changes, "").await?;
    let names: Vec<&str> = lines
        .iter()
        .filter_map(|line| Some(line.split(':').next()?.trim_end_matches(['e', '\u{fffd}'])))
        .collect();
    let expected = ["caf", "alps", "summer", "photos", "caf", "alps", "."];
    ensure!(
        status == 0 && names == expected,
        "the sizes of {expected:?} are expected, not status {status} after {lines:?}"
    );
    Ok(())
}

/// A directory inside that cannot be read is an error, whatever step fails: the totals
/// of those around it would be wrong. (The argument says which step.)
async fn errors() -> Result<()> {
    let changes = [(
        "use tokio::fs;",
        "mod fs {
    use std::io::{ErrorKind, Result};
    use std::path::{Path, PathBuf};

    pub use tokio::fs::{create_dir_all, write};

    fn step(name: &str, directory: &Path) -> Result<()> {
        let fails = directory.ends_with(\"alps\") && std::env::args().any(|it| it == name);
        if fails { Err(ErrorKind::PermissionDenied.into()) } else { Ok(()) }
    }

    pub async fn read_dir(path: &Path) -> Result<ReadDir> {
        step(\"read_dir\", path)?;
        Ok(ReadDir(tokio::fs::read_dir(path).await?, path.into()))
    }

    pub struct ReadDir(tokio::fs::ReadDir, PathBuf);

    impl ReadDir {
        pub async fn next_entry(&mut self) -> Result<Option<DirEntry>> {
            step(\"next_entry\", &self.1)?;
            Ok(self.0.next_entry().await?.map(DirEntry))
        }
    }

    pub struct DirEntry(tokio::fs::DirEntry);

    impl DirEntry {
        pub fn path(&self) -> PathBuf {
            self.0.path()
        }

        pub async fn metadata(&self) -> Result<std::fs::Metadata> {
            step(\"metadata\", self.0.path().parent().unwrap())?;
            self.0.metadata().await
        }
    }
}",
    )];
    let copy = build_changed(root(), "examples-basics", "recursion", &changes)?;
    for (step, expected, lines) in [
        ("none", 0, 3),
        ("read_dir", 1, 0),
        ("next_entry", 1, 0),
        ("metadata", 1, 0),
    ] {
        let done = Command::new(copy.path().join("recursion"))
            .arg(step)
            .output()?;
        let printed = String::from_utf8(done.stdout)?;
        let status = done.status.code();
        ensure!(
            status == Some(expected) && printed.lines().count() == lines,
            "what fails: {step}; {lines} sizes and status {expected} are expected, \
             not {status:?} after {printed:?}"
        );
    }
    Ok(())
}
