//! `recursion` with symbolic links.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("links", links).slow()]
}

/// A link back to the root is not followed, or `size` would run in a circle; and
/// a link to nothing is no error.
async fn links() -> Result<()> {
    let call = "size(&photos).await?;";
    let linked = "std::os::unix::fs::symlink(&photos, photos.join(\"summer/all\"))?;
        std::os::unix::fs::symlink(\"nothing\", photos.join(\"summer/none\"))?;
        size(&photos).await?;";
    let (status, lines) =
        run_changed("examples-basics", "recursion", &[(call, linked)], "").await?;
    let names: Vec<&str> = lines
        .iter()
        .filter_map(|line| line.split(':').next())
        .collect();
    let expected = ["alps", "summer", "photos"];
    ensure!(
        status == 0 && names == expected,
        "the sizes of {expected:?} are expected, not {status}: {lines:?}"
    );
    Ok(())
}
