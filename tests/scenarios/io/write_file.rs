//! `write_file` on a full disk, where a longer file is, and with short files.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::ends_with;
use crate::scenarios::support::files;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("full_disk", full_disk),
        scenario("longer_file", longer_file).slow(),
        scenario("counts_short_files", counts_short_files).slow(),
    ]
}

/// Its `broken` does not notice that nothing was written.
async fn full_disk() -> Result<()> {
    let shown = files::full_disk("write_file", "Error: File too large").await?;
    let broken = "broken, dropped: 200 of 200 files are short";
    ensure!(shown.contains(broken), "{broken:?} is expected: {shown}");
    Ok(())
}

/// Where a longer file is, nothing of it stays behind the invoice.
async fn longer_file() -> Result<()> {
    let write = "        fixed(&path).await?;\n";
    let longer = "std::fs::write(&path, [b'y'; 100_000])?;";
    let check = r#"anyhow::ensure!(length(&path)? < 100_000, "still longer");"#;
    let changes = [(write, &*format!("{longer}{write}{check}"))];
    let last = "fixed, flushed: 0 of 200 files are short";
    ends_with("examples-io", "write_file", &changes, last).await
}

/// If `fixed` leaves short files, it says so.
async fn counts_short_files() -> Result<()> {
    let write = "    file.write_all(INVOICE).await?;\n";
    let changes = [(write, &*write.replace("INVOICE", "&INVOICE[1..]"))];
    let last = "fixed, flushed: 200 of 200 files are short";
    ends_with("examples-io", "write_file", &changes, last).await
}
