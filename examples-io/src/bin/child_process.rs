//! Run a child process with both of its pipes read, and a limit of time.
//!
//! A pipe holds 64 KiB. A child that writes 200 kB to each of its two stops at
//! the full standard error while its parent waits for the end of standard
//! output: neither goes on. `output` reads both at once, and keeps all of it. A
//! timeout drops what it waits for, and a dropped child runs on, unless
//! `kill_on_drop` is set.
//!
//! ```console
//! $ cargo run -p examples-io --bin child_process
//! the report has 200 kB of rows and 200 kB of warnings
//! broken, one after the other: hung                                # 200 ms
//! fixed, both at once: 200000 bytes of rows, 200000 of warnings    # 200 ms
//! broken, timed out and dropped: the child still answers           # 400 ms
//! fixed, with kill_on_drop: the child is gone                      # 400 ms
//! ```
//!
//! The child is this program again, with an argument.
//!
//! Copy it with
//! `cargo add tokio -F io-util,macros,process,rt-multi-thread,time` and
//! `cargo add anyhow`.

use std::io::{self, Write};
use std::process::{Output, Stdio};
use std::{env, time::Duration};

use anyhow::{Context, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::time::timeout;

const LIMIT: Duration = Duration::from_millis(200);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match env::args().nth(1).as_deref() {
        Some("report") => return Ok(report()?),
        Some("answer") => return Ok(answer()?),
        _ => println!("the report has 200 kB of rows and 200 kB of warnings"),
    }

    match timeout(LIMIT, broken()).await {
        Ok(output) => println!("broken: {} bytes", output?.stdout.len()),
        Err(_) => println!("broken, one after the other: hung"),
    }
    let output = fixed().await?;
    print!(
        "fixed, both at once: {} bytes of rows, ",
        output.stdout.len()
    );
    println!("{} of warnings", output.stderr.len());

    let dropped = state_after_timeout(false);
    let killed = state_after_timeout(true);
    let (dropped, killed) = tokio::try_join!(dropped, killed)?;
    println!("broken, timed out and dropped: the child {dropped}");
    println!("fixed, with kill_on_drop: the child {killed}");
    Ok(())
}

async fn broken() -> anyhow::Result<Output> {
    let mut child = child("report")?.spawn()?;
    let mut stdout = child.stdout.take().context("stdout")?;
    let mut rows = Vec::new();
    stdout.read_to_end(&mut rows).await?;
    // Only now is standard error read.
    let output = child.wait_with_output().await?;
    Ok(Output {
        stdout: rows,
        ..output
    })
}

async fn fixed() -> anyhow::Result<Output> {
    let output = child("report")?.output().await?;
    ensure!(output.status.success(), "the report: {}", output.status);
    Ok(output)
}

fn child(job: &str) -> io::Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command
        .arg(job)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    command.stderr(Stdio::piped()).kill_on_drop(true);
    Ok(command)
}

async fn state_after_timeout(kill: bool) -> anyhow::Result<&'static str> {
    let mut child = child("answer")?.kill_on_drop(kill).spawn()?;
    let mut stdin = child.stdin.take().context("stdin")?;
    let mut stdout = child.stdout.take().context("stdout")?;
    // At the limit `child` is dropped, with the future that owns it.
    let ended = timeout(LIMIT, child.wait_with_output()).await;
    ensure!(ended.is_err(), "it did not wait: {ended:?}");

    let asked = stdin.write_all(b"alive?\n").await;
    let alive = asked.is_ok() && stdout.read_u8().await.is_ok();
    Ok(if alive { "still answers" } else { "is gone" })
}

fn report() -> io::Result<()> {
    io::stderr().write_all(&vec![b'w'; 200_000])?;
    io::stdout().write_all(&vec![b'r'; 200_000])
}

fn answer() -> io::Result<()> {
    for question in io::stdin().lines() {
        println!("{}: yes", question?);
    }
    Ok(())
}
