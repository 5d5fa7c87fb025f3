//! `lines` on a full disk, on a file that is not text, and on other logs.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::{ends_with, run_changed};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        #[cfg(unix)]
        scenario("full_disk", full_disk),
        scenario("not_text", not_text).slow(),
        scenario("status_only", status_only).slow(),
    ]
}

#[cfg(unix)]
async fn full_disk() -> Result<()> {
    crate::scenarios::support::files::full_disk("lines", "Error: File too large")
        .await
        .map(drop)
}

/// A request has failed if its status is 500, whatever else is in the line, which
/// may end in `\r\n` or with the file.
async fn status_only() -> Result<()> {
    let log = r#""GET /tea 1500\nGET /a 500 200\n\nGET /milk 500\r\nGET /milk 500""#;
    let changes = [(
        "fs::write(&path, log)",
        &*format!("fs::write(&path, ({log}, log).0)"),
    )];
    ends_with("examples-io", "lines", &changes, "5 requests, 2 failed").await
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
