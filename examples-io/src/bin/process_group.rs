//! Kill a child process with all its children, as a process group.
//!
//! A shell starts `sleep 1` and is killed after 200 ms. In `broken` the shell
//! is gone, but `sleep` lives on and holds the pipe open, so the parent reads
//! until 1 s. In `fixed` the shell leads a process group, and `kill` reaches
//! all processes in it. Ctrl-C in a terminal does not reach such a group: kill
//! it when your program stops.
//!
//! ```console
//! $ cargo run -p examples-io --bin process_group
//! broken: the shell is killed      # 200 ms
//! broken: its output has ended     # 1 s
//! fixed: the shell is killed       # 1.2 s
//! fixed: its output has ended      # 1.2 s
//! ```
//!
//! To kill a single child, see `kill_on_drop`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add anyhow
//! cargo add process-wrap --no-default-features -F job-object,process-group,tokio1
//! cargo add tokio -F io-util,macros,process,rt-multi-thread,time
//! ```

use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
#[cfg(windows)]
use process_wrap::tokio::JobObject;
#[cfg(unix)]
use process_wrap::tokio::ProcessGroup;
use process_wrap::tokio::{ChildWrapper, CommandWrap};
use tokio::io::AsyncReadExt;
use tokio::time::sleep;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    kill_after_200_ms("broken", shell().spawn()?).await?;
    kill_after_200_ms("fixed", in_a_group(shell()).spawn()?).await
}

/// On Windows a job object does the same.
fn in_a_group(mut command: CommandWrap) -> CommandWrap {
    #[cfg(unix)]
    command.wrap(ProcessGroup::leader());
    #[cfg(windows)]
    command.wrap(JobObject);
    command
}

/// A shell that waits for a child of its own.
fn shell() -> CommandWrap {
    CommandWrap::with_new("sh", |command| {
        command
            .args(["-c", "sleep 1; echo done"])
            .stdout(Stdio::piped());
    })
}

async fn kill_after_200_ms(name: &str, mut child: Box<dyn ChildWrapper>) -> anyhow::Result<()> {
    let mut stdout = child.stdout().take().context("stdout is not piped")?;
    sleep(Duration::from_millis(200)).await;
    child.start_kill()?;
    child.wait().await?;
    println!("{name}: the shell is killed");
    // The output ends when no process holds the pipe any more.
    stdout.read_to_end(&mut Vec::new()).await?;
    println!("{name}: its output has ended");
    Ok(())
}
