//! `lines` on a file that is not text.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("not_text", not_text).slow()]
}

/// A line that is not UTF-8 is an error, not the end of the file. With the first
/// line, the rest of 8 KiB is read.
async fn not_text() -> Result<()> {
    let changes = [
        (
            "fs::write(&path, log)",
            "fs::write(&path, [log.as_bytes(), b\"GET /caf\\xe9 200\\n\"].concat())",
        ),
        (
            "        requests += 1;\n",
            "        requests += 1;
        if requests == 1 {
            println!(\"{line}, and {} bytes\", lines.get_ref().buffer().len());
        }
",
        ),
    ];
    let (status, lines) = run_changed("examples-io", "lines", &changes, "").await?;
    ensure!(
        status == 1 && lines.concat().contains("utf-8"),
        "an error on UTF-8 is expected, not status {status} and {lines:?}"
    );
    ensure!(
        lines[0] == "GET /tea 200, and 8179 bytes",
        "a read is to bring 8 KiB: {lines:?}"
    );
    Ok(())
}
