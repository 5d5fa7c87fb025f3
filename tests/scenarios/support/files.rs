//! A folder of files, and an example that is run in it.

use std::ffi::OsStr;
use std::fs;
use std::fs::{File, Permissions};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use harness::Terminal;
use harness::suite::{Company, cannot_run};
use harness::terminal::Job;
use harness::usage::peak_memory;
use harness::workspace::binary;
use libtest_mimic::Completion;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::scenarios::support::runner::{Scenario, run};

/// More than any of the three takes in a debug build, on any tree or file: they
/// keep a few buffers, and their runtime.
pub const FLAT: usize = 12 << 20;

/// 1 MiB of lines of 64 bytes, no two of which are equal in any blocks.
pub fn block(number: usize) -> Vec<u8> {
    const LINE: usize = 64;
    let end = "x".repeat(LINE - 14);
    let mut bytes = format!("{number:06} 00000 {end}\n").into_bytes();
    bytes = bytes.repeat((1 << 20) / LINE);
    for (number, line) in bytes.chunks_exact_mut(LINE).enumerate() {
        line[7..12].copy_from_slice(format!("{number:05}").as_bytes());
    }
    bytes
}

/// A name that is not UTF-8, where the file system takes such.
pub fn odd_name() -> &'static OsStr {
    let linux = cfg!(target_os = "linux");
    OsStr::from_bytes(if linux { b"caf\xe9" } else { b"cafe" })
}

/// As long as anything may take, with much else on the machine.
pub const LIMIT: Duration = Duration::from_secs(60);
pub const POLL: Duration = Duration::from_millis(2);

/// A folder, and an example that is run in it: its standard output goes to the
/// file `shown`, its standard error to `said`.
pub struct Files {
    pub terminal: Terminal,
    pub command: String,
}

impl Files {
    pub fn of(example: &str) -> Result<Self> {
        Self::with_rights(example, Rights::Own)
    }

    pub fn with_rights(example: &str, rights: Rights) -> Result<Self> {
        let terminal = Terminal::open()?;
        let path = binary(example)?.display();
        let command = match rights {
            Rights::Own => format!("exec '{path}'"),
            Rights::OfNobody => {
                let open = Permissions::from_mode(0o755);
                fs::set_permissions(terminal.temporary(), open)?;
                // Copied, since nobody may not read a home directory.
                format!(
                    "cp '{path}' program && exec setpriv --reuid=65534 \
                     --regid=65534 --clear-groups ./program"
                )
            }
        };
        let files = Self { terminal, command };
        files.write("shown", b"")?;
        files.write("said", b"")?;
        Ok(files)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.terminal.temporary().join(name)
    }

    pub fn make(&self, folder: &str) -> Result<PathBuf> {
        let path = self.path(folder);
        fs::create_dir_all(&path)?;
        Ok(path)
    }

    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        fs::write(self.path(name), bytes).with_context(|| name.to_string())
    }

    pub fn link(&self, from: &str, to: &str) -> Result<()> {
        fs::hard_link(self.path(from), self.path(to)).with_context(|| to.to_string())
    }

    pub fn append(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let mut file = File::options().append(true).open(self.path(name))?;
        Ok(file.write_all(bytes)?)
    }

    pub fn read(&self, name: &str) -> Result<String> {
        let bytes = fs::read(self.path(name)).context(name.to_string())?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    pub fn set_mode(&self, name: &str, mode: u32) -> Result<()> {
        let permissions = Permissions::from_mode(mode);
        Ok(fs::set_permissions(self.path(name), permissions)?)
    }

    pub fn make_pipe(&self, name: &str) -> Result<PathBuf> {
        let path = self.path(name);
        let made = Command::new("mkfifo").arg(&path).status()?;
        ensure!(made.success(), "mkfifo {name}: {made}");
        Ok(path)
    }

    pub fn start(&self, arguments: &str) -> Result<Job> {
        let command = &self.command;
        self.terminal
            .start(&format!("{command} {arguments} >shown 2>said"))
    }

    /// Starts it when its standard output, a pipe, is opened to be read.
    pub fn start_into_pipe(&self, arguments: &str) -> Result<(Job, PathBuf)> {
        fs::remove_file(self.path("shown"))?;
        let pipe = self.make_pipe("shown")?;
        Ok((self.start(arguments)?, pipe))
    }

    /// Runs it while nobody reads its standard output, and expects this status,
    /// and lines on standard error that begin with these.
    pub async fn unread(&self, arguments: &str, status: i32, said: &[&str]) -> Result<()> {
        let pipe = self.make_pipe("unread")?;
        let command = &self.command;
        // It starts when the reader has gone; the pause is for a child of another thread
        // that may have the pipe open too.
        let shell = format!(
            "(exec >unread; until [ -e gone ]; do sleep 0.01; done; sleep 0.1; \
             {command} 2>said {arguments})"
        );
        let mut job = self.terminal.start(&shell)?;
        drop(spawn_blocking(move || File::open(pipe)).await??);
        self.write("gone", b"")?;
        let (really, _) = self.ended(&mut job).await?;
        for name in ["unread", "gone"] {
            fs::remove_file(self.path(name))?;
        }
        let lines = self.read("said")?;
        let alike = lines.lines().count() == said.len()
            && lines
                .lines()
                .zip(said)
                .all(|(line, it)| line.starts_with(it));
        ensure!(
            really == status && alike,
            "{arguments}, unread: status {status} and the errors {said:?} are expected, not \
             {really} and {lines:?}"
        );
        Ok(())
    }

    pub async fn run(&self, arguments: &str) -> Result<Ran> {
        let mut job = self.start(arguments)?;
        self.ran(&mut job).await
    }

    pub async fn ran(&self, job: &mut Job) -> Result<Ran> {
        let (status, peak) = self.ended(job).await?;
        let said = self.read("said")?.lines().map(Into::into).collect();
        Ok(Ran {
            status,
            shown: self.read("shown")?,
            said,
            peak,
        })
    }

    /// Its exit status, and its memory at the peak.
    pub async fn ended(&self, job: &mut Job) -> Result<(i32, Option<usize>)> {
        let deadline = Instant::now() + LIMIT;
        let mut peak = None;
        loop {
            if let Some(status) = job.ended()? {
                return Ok((status, peak));
            }
            ensure!(
                Instant::now() < deadline,
                "it still runs after {LIMIT:?}: {}",
                self.command
            );
            peak = peak_memory(job.id()).ok().max(peak);
            sleep(POLL).await;
        }
    }
}

/// What a run has left.
#[derive(Debug, Default)]
pub struct Ran {
    pub status: i32,
    pub shown: String,
    pub said: Vec<String>,
    pub peak: Option<usize>,
}

impl Ran {
    /// Expects this output, and lines on standard error that begin with these,
    /// in whatever order its threads wrote them.
    pub fn expect(&self, status: i32, shown: &str, said: &[&str]) -> Result<()> {
        let mut really = self.said.clone();
        really.sort();
        let mut said = said.to_vec();
        said.sort_unstable();
        let alike = said.len() == really.len()
            && said.iter().zip(&really).all(|(it, is)| is.starts_with(it));
        ensure!(
            self.status == status && alike,
            "status {status} and the errors {said:?} are expected, not {self:?}"
        );
        let (mut lines, mut expected) = (self.shown.lines(), shown.lines());
        for number in 1.. {
            let (line, right) = (lines.next(), expected.next());
            ensure!(
                line == right,
                "line {number} of its output is to be {right:?}, not {line:?}"
            );
            if right.is_none() {
                break;
            }
        }
        ensure!(
            self.shown == shown,
            "its output has other ends of lines: {:?}",
            self.shown
        );
        Ok(())
    }

    pub fn expect_memory(&self, most: usize) -> Result<()> {
        let peak = self.peak.context("no memory was measured")?;
        ensure!(peak < most, "{peak} bytes of memory, not {most} at most");
        Ok(())
    }
}

/// What Ctrl-C sends.
pub fn interrupt(job: &Job) -> Result<()> {
    let id = Pid::from_raw(job.id().try_into()?);
    kill(id, Signal::SIGINT).context("it has ended already")
}

/// With whose rights an example runs.
#[derive(Clone, Copy)]
pub enum Rights {
    Own,
    OfNobody,
}

/// A scenario on what may not be read: root may read everything, and becomes
/// nobody for it.
pub fn unprivileged<F>(name: &str, body: impl FnOnce(Rights) -> F + Send + 'static) -> Scenario
where
    F: Future<Output = Result<()>>,
{
    Scenario::new(name, Company::Any, || {
        let closed = tempfile::tempdir()?;
        fs::set_permissions(&closed, Permissions::from_mode(0o000))?;
        if fs::read_dir(&closed).is_err() {
            return run(body(Rights::Own));
        }
        let mut setpriv = Command::new("setpriv");
        setpriv.arg("--version").stdout(Stdio::null());
        match setpriv.status() {
            Ok(_) => run(body(Rights::OfNobody)),
            Err(_) => cannot_run("root without setpriv: install util-linux"),
        }
    })
}

/// On a full disk an example fails with an error that begins so, and leaves no
/// file; gives all that it printed. A limit on the size of files stands for the
/// disk.
pub async fn full_disk(example: &str, error: &str) -> Result<String> {
    let files = Files::of(example)?;
    let path = binary(example)?.display();
    let limit = "trap '' XFSZ; ulimit -f 0;";
    let shell = format!("({limit} exec '{path}') 2>&1 | cat >shown");
    let mut job = files.terminal.start(&shell)?;
    files.ended(&mut job).await?;
    let shown = files.read("shown")?;
    ensure!(
        shown.lines().any(|line| line.starts_with(error)),
        "on a full disk {example} is to say {error:?}, not {shown:?}"
    );
    let mut left = files.terminal.left_behind()?;
    left.sort();
    ensure!(left == ["said", "shown"], "{example} leaves {left:?}");
    Ok(shown)
}

/// Runs an example under `strace`, and checks that it syncs each file to the disk
/// before it renames one.
pub fn syncs_before_rename(example: &str, arguments: &str) -> Result<Completion> {
    if Command::new("strace").arg("-V").output().is_err() {
        return cannot_run("no strace here: install it");
    }
    let path = binary(example)?.display();
    // Without `--seccomp-bpf`, it stops at every system call, and takes long.
    let strace = "exec strace -f --seccomp-bpf -o calls";
    let traced = "trace=fsync,fdatasync,rename,renameat,renameat2";
    let shell = format!("{strace} -e {traced} '{path}' {arguments} 2>said");
    let (mut status, mut calls) = (None, String::new());
    // On a busy machine, an example may give up before it has renamed its file.
    for _ in 0..3 {
        let mut files = Files::of(example)?;
        files.write("source", b"a source")?;
        let mut job = files.terminal.start(&shell)?;
        let deadline = Instant::now() + LIMIT;
        status = files.terminal.wait(&mut job, deadline, &mut Vec::new())?;
        calls = files.read("calls")?;
        if status == Some(0) {
            break;
        }
    }
    let place = |name| calls.lines().position(|line| line.contains(name));
    let (synced, renamed) = (place("sync("), place("rename"));
    ensure!(
        status == Some(0) && synced.is_some() && renamed.is_some() && synced < renamed,
        "{example} renames a file that is not synced: {status:?}: {calls}"
    );
    Ok(Completion::Completed)
}
