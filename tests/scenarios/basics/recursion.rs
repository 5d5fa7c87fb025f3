//! `recursion` with symbolic links, and with a directory that cannot be read.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("links", links).slow()]
}

/// A link back to the root is not followed, or `size` would run in a circle; and
/// a link to nothing is no error. A directory inside that cannot be read is one:
/// the total would be wrong.
async fn links() -> Result<()> {
    let changes = [
        (
            "size(&photos).await?;",
            "std::os::unix::fs::symlink(&photos, photos.join(\"summer/all\"))?;
    std::os::unix::fs::symlink(\"nothing\", photos.join(\"summer/none\"))?;
    size(&photos).await?;
    fs::rename(photos.join(\"summer/alps\"), photos.join(\"summer/locked\")).await?;
    size(&photos).await?;",
        ),
        (
            "let mut entries = ",
            "if directory.ends_with(\"locked\") {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let mut entries = ",
        ),
    ];
    let (status, lines) = run_changed("examples-basics", "recursion", &changes, "").await?;
    let names: Vec<&str> = lines
        .iter()
        .filter_map(|line| line.split(':').next())
        .collect();
    let expected = ["alps", "summer", "photos", "Error"];
    ensure!(
        status == 1 && names == expected,
        "the sizes of three directories and then an error are expected, not {status}: {lines:?}"
    );
    Ok(())
}
