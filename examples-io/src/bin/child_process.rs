//! Run a child process with `Command::output`, which reads both outputs.
//!
//! The child is a report. It writes 200,000 bytes of warnings to standard
//! error, then 200,000 bytes of rows to standard output. Each goes through a
//! pipe to the parent. A pipe holds 64 KiB on Linux. When the one for standard
//! error is full, the child waits until somebody reads it. A parent that reads
//! standard output first then waits forever. `output` reads both pipes at the
//! same time, and returns everything with the exit status.
//!
//! ```console
//! $ cargo run -p examples-io --bin child_process
//! broken, stdout first: 0 bytes of rows                      # 200 ms
//! fixed, output(): 200000 bytes of rows, 200000 of warnings  # 200 ms
//! ```
//!
//! `output` holds everything in memory. To set a timeout for a child, see
//! `kill_on_drop`; to kill its children too, see `process_group`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F io-util,macros,process,rt-multi-thread,time
//! cargo add anyhow
//! ```

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::io::AsyncReadExt;
use tokio::process::Command;
use tokio::time::timeout;

const LIMIT: Duration = Duration::from_millis(200);
const REPORT: &str = "head -c 200000 /dev/zero >&2; head -c 200000 /dev/zero";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    broken().await?;
    fixed().await
}

async fn broken() -> anyhow::Result<()> {
    let mut child = report().spawn().context("cannot start sh")?;
    let mut stdout = child.stdout.take().context("stdout is not piped")?;
    let mut rows = Vec::new();
    // Without the timeout this would wait forever.
    let _ = timeout(LIMIT, stdout.read_to_end(&mut rows)).await;
    println!("broken, stdout first: {} bytes of rows", rows.len());
    // The pipes are closed here, so the process cannot write, and stops.
    Ok(())
}

async fn fixed() -> anyhow::Result<()> {
    let output = report().output().await.context("cannot start sh")?;
    ensure!(output.status.success(), "the report: {}", output.status);
    let (rows, warnings) = (output.stdout.len(), output.stderr.len());
    println!("fixed, output(): {rows} bytes of rows, {warnings} of warnings");
    Ok(())
}

/// A report that writes its warnings first. It needs a Unix shell.
fn report() -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", REPORT])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}
