//! Stop a child process at a timeout with `kill_on_drop`.
//!
//! A timeout cancels only the wait. Then the program drops the `Child`. By
//! default, a drop does not stop the process: the first child still answers.
//! The second child has `kill_on_drop`, so the drop kills it. `kill_on_drop`
//! kills only the child itself, not the processes that the child has started.
//!
//! ```console
//! $ cargo run -p examples-io --bin kill_on_drop
//! broken: dropped, the child answers "still here?"    # 200 ms
//! fixed: dropped, the child is gone                   # 400 ms
//! ```
//!
//! To kill those too, see `process_group`. To collect the output of a child,
//! see `child_process`.
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
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;
use tokio::time::timeout;

const LIMIT: Duration = Duration::from_millis(200);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    println!("broken: dropped, {}", state_after_timeout(broken()).await?);
    println!("fixed: dropped, {}", state_after_timeout(fixed()).await?);
    Ok(())
}

/// `cat` repeats what it reads, until its standard input is closed.
fn broken() -> Command {
    Command::new("cat")
}

fn fixed() -> Command {
    let mut command = Command::new("cat");
    command.kill_on_drop(true);
    command
}

async fn state_after_timeout(mut command: Command) -> anyhow::Result<String> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().context("cannot start `cat`")?;
    let mut stdin = child.stdin.take().context("no standard input")?;
    let stdout = child.stdout.take().context("no standard output")?;

    let exited = timeout(LIMIT, child.wait()).await;
    ensure!(exited.is_err(), "the child did not wait: {exited:?}");
    drop(child);

    // A write to a child that is gone may fail. The answer decides.
    let _ = stdin.write_all(b"still here?\n").await;
    let answer = BufReader::new(stdout).lines().next_line().await?;
    Ok(match answer {
        Some(line) => format!("the child answers {line:?}"),
        None => "the child is gone".into(),
    })
}
