//! Run a child process with both of its pipes read, and a limit of time.
//!
//! A pipe holds 64 KiB. A child that writes 200 kB to each of its two stops at
//! the full standard error while its parent waits for the end of standard
//! output: neither goes on. `output` reads both at once. A timeout drops what
//! it waits for, and a dropped child runs on, unless `kill_on_drop` is set.
//!
//! ```console
//! $ cargo run -p examples-io --bin child_process
//! the report has 200 kB of rows and 200 kB of warnings
//! broken, one after the other: hung                                # 300 ms
//! fixed, both at once: 200000 bytes of rows, 200000 of warnings    # 300 ms
//! broken, timed out and dropped: the child still runs              # 600 ms
//! fixed, with kill_on_drop: the child is gone                      # 700 ms
//! ```
//!
//! The child is this program again, with an argument.
//!
//! Copy it with
//! `cargo add tokio -F io-util,macros,process,rt-multi-thread,time` and
//! `cargo add anyhow`.

use std::io::{self, Read, Write};
use std::process::Stdio;
use std::{env, time::Duration};

use anyhow::{Context, ensure};
use tokio::io::AsyncReadExt;
use tokio::process::Command;
use tokio::time::timeout;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match env::args().nth(1).as_deref() {
        Some("report") => return Ok(report()?),
        Some("stall") => return Ok(stall()?),
        _ => println!("the report has 200 kB of rows and 200 kB of warnings"),
    }

    match timeout(Duration::from_millis(300), broken::rows()).await {
        Ok(rows) => println!("broken: {} bytes of rows", rows?.len()),
        Err(_) => println!("broken, one after the other: hung"),
    }
    let (rows, warnings) = fixed::rows_and_warnings().await?;
    print!("fixed, both at once: {} bytes of rows, ", rows.len());
    println!("{} of warnings", warnings.len());

    let state = state_after_timeout(false).await?;
    println!("broken, timed out and dropped: the child {state}");
    let state = state_after_timeout(true).await?;
    println!("fixed, with kill_on_drop: the child {state}");
    Ok(())
}

fn child(job: &str) -> io::Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command.arg(job).stdin(Stdio::piped()).stdout(Stdio::piped());
    command.stderr(Stdio::piped()).kill_on_drop(true);
    Ok(command)
}

mod broken {
    use super::{AsyncReadExt, Context, child};

    pub async fn rows() -> anyhow::Result<Vec<u8>> {
        let mut child = child("report")?.spawn()?;
        let (mut rows, mut warnings) = (Vec::new(), Vec::new());
        let stdout = child.stdout.as_mut().context("stdout")?;
        stdout.read_to_end(&mut rows).await?;
        let stderr = child.stderr.as_mut().context("stderr")?;
        stderr.read_to_end(&mut warnings).await?;
        child.wait().await?;
        Ok(rows)
    }
}

mod fixed {
    use super::{child, ensure};

    pub async fn rows_and_warnings() -> anyhow::Result<(Vec<u8>, Vec<u8>)> {
        let output = child("report")?.output().await?;
        ensure!(output.status.success(), "the report: {}", output.status);
        Ok((output.stdout, output.stderr))
    }
}

async fn state_after_timeout(kill: bool) -> anyhow::Result<&'static str> {
    let mut child = child("stall")?.kill_on_drop(kill).spawn()?;
    // The child goes on until this is dropped, and so is not left behind.
    let _stdin = child.stdin.take().context("stdin")?;
    let mut stdout = child.stdout.take().context("stdout")?;
    let limit = Duration::from_millis(100);
    ensure!(timeout(limit, child.wait()).await.is_err(), "it must stall");
    drop(child);

    // The child's output ends when the child does.
    let end = stdout.read_u8();
    let limit = Duration::from_millis(if kill { 1000 } else { 200 });
    let running = timeout(limit, end).await.is_err();
    Ok(if running { "still runs" } else { "is gone" })
}

/// Writes the warnings, then the rows.
fn report() -> io::Result<()> {
    io::stderr().write_all(&vec![b'w'; 200_000])?;
    io::stdout().write_all(&vec![b'r'; 200_000])
}

/// Waits for the end of standard input.
fn stall() -> io::Result<()> {
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
