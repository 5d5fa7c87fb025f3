//! Kill a child process with all its children, as a process group.
//!
//! A shell starts `sleep 1` and is killed after 200 ms. In `broken` the shell
//! is gone, but `sleep` lives on and holds the pipe open, so the parent reads
//! until 1 s. In `fixed` the shell leads a process group, and the signal
//! reaches all processes in it. Ctrl-C in a terminal does not reach such a
//! group: kill it when your program stops. For Windows too, use the crate
//! `process-wrap`.
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
//! cargo add rustix -F process
//! cargo add tokio -F io-util,macros,process,rt-multi-thread,time
//! ```

#[cfg(unix)]
#[tokio::main]
async fn main() -> anyhow::Result<()> {
    unix::main().await
}

#[cfg(not(unix))]
fn main() {
    println!("There are no process groups here: see job objects, and the crate `process-wrap`.");
}

#[cfg(unix)]
mod unix {
    use std::process::Stdio;
    use std::time::Duration;

    use anyhow::Context;
    use rustix::process::{Pid, Signal, kill_process_group};
    use tokio::io::AsyncReadExt;
    use tokio::process::{Child, Command};
    use tokio::time::sleep;

    pub async fn main() -> anyhow::Result<()> {
        let mut child = shell().spawn()?;
        sleep(Duration::from_millis(200)).await;
        child.start_kill()?;
        wait("broken", child).await?;

        // 0 stands for a new group, which the child leads.
        let child = shell().process_group(0).spawn()?;
        sleep(Duration::from_millis(200)).await;
        kill_group(&child)?;
        wait("fixed", child).await
    }

    /// A shell that waits for a child of its own.
    fn shell() -> Command {
        let mut command = Command::new("sh");
        command
            .args(["-c", "sleep 1; echo done"])
            .stdout(Stdio::piped());
        command
    }

    /// Kills all processes of the group that `child` leads.
    fn kill_group(child: &Child) -> anyhow::Result<()> {
        // A group has the process ID of its leader as its own ID.
        let id = child.id().context("the child has ended")?;
        let group = Pid::from_raw(id.try_into()?).context("0 is no process ID")?;
        kill_process_group(group, Signal::KILL)?;
        Ok(())
    }

    async fn wait(name: &str, mut child: Child) -> anyhow::Result<()> {
        let mut stdout = child.stdout.take().context("stdout is not piped")?;
        child.wait().await?;
        println!("{name}: the shell is killed");
        // The output ends when no process holds the pipe any more.
        stdout.read_to_end(&mut Vec::new()).await?;
        println!("{name}: its output has ended");
        Ok(())
    }
}
