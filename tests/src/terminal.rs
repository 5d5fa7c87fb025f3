//! A terminal: commands are run in it, and each line that appears is stamped.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::io::{PipeReader, PipeWriter, Read, Write, pipe};
use std::path::Path;
use std::process::{ExitStatus, Stdio, exit};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use process_wrap::std::{ChildWrapper, CommandWrap};
use tempfile::TempDir;

use crate::lateness::{Watched, watch, watch_this_thread};

/// Begins and ends a mark in the output: a byte that no example prints.
const MARK: u8 = 0x1e;
/// The sign of a mark that does not end the line in which it stands: the number
/// behind it reads the same.
const GOES_ON: &str = "+";
/// More than any example prints: a flood is not kept in memory.
const MAX_LINES: usize = 10_000;
/// How often a running process is asked whether it has ended.
const POLL: Duration = Duration::from_millis(10);

/// Gives what follows as many file descriptors as an ordinary shell does; it may
/// allow itself more.
const ORDINARY_LIMIT: &str = if cfg!(windows) {
    ""
} else {
    "ulimit -S -n 1024;"
};

/// A line that appeared, and when.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its text, without the end of line.
    pub text: String,
    /// The moment at which it could be read.
    pub at: Instant,
}

/// A process that runs in the terminal. It is the first of its process group
/// (on Windows, of its job), so that it can be killed with its children.
#[derive(Debug)]
pub struct Job {
    child: Box<dyn ChildWrapper>,
    /// Taken before it was started, and after: in between it has begun.
    pub began: (Instant, Instant),
    /// Evidence that others held it up.
    pub watched: Arc<Watched>,
}

impl Job {
    /// The id of the process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it has.
    ///
    /// # Errors
    ///
    /// If the system does not tell.
    pub fn ended(&mut self) -> Result<Option<i32>> {
        if has_exited(self.id()) {
            self.watched.sample();
        }
        Ok(self.child.try_wait()?.map(exit_code))
    }

    /// Sends a signal by its name, such as `INT`, to it and all that it started,
    /// as a shell does with `kill -INT %1`.
    ///
    /// # Errors
    ///
    /// If there is no such signal, or if the job is gone.
    #[cfg(unix)]
    pub fn signal(&self, name: &str) -> Result<()> {
        let signal: nix::sys::signal::Signal = format!("SIG{name}")
            .parse()
            .with_context(|| format!("no signal {name}"))?;
        Ok(self.child.signal(signal as i32)?)
    }

    /// There are no signals on Windows, and no transcript is run there.
    ///
    /// # Errors
    ///
    /// Always.
    #[cfg(not(unix))]
    pub fn signal(&self, name: &str) -> Result<()> {
        bail!("no signal {name} on this system")
    }

    /// Kills it and all that it started; a job that is gone is let be.
    pub fn kill(&mut self) {
        // An error says that there is nothing left to kill.
        let _ = self.child.start_kill();
        let _ = self.child.wait();
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        self.kill();
        running().remove(&self.id());
    }
}

fn running() -> MutexGuard<'static, BTreeSet<u32>> {
    static RUNNING: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes Ctrl-C, which reaches this process only, kill all jobs before it ends
/// the tests.
///
/// # Errors
///
/// If there is a handler of such signals already.
pub fn kill_jobs_at_ctrl_c() -> Result<()> {
    ctrlc::set_handler(|| {
        for id in running().iter() {
            kill_group(*id);
        }
        exit(130);
    })?;
    Ok(())
}

/// Whether a process has exited and still has its entry in `/proc`.
#[cfg(target_os = "linux")]
fn has_exited(id: u32) -> bool {
    use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
    use nix::unistd::Pid;
    let Ok(id) = id.try_into() else { return false };
    let look = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    let status = waitid(Id::Pid(Pid::from_raw(id)), look);
    status.is_ok_and(|status| status != WaitStatus::StillAlive)
}

#[cfg(not(target_os = "linux"))]
fn has_exited(_id: u32) -> bool {
    false
}

#[cfg(unix)]
fn kill_group(id: u32) {
    use nix::sys::signal::{Signal, killpg};
    use nix::unistd::Pid;
    if let Ok(id) = id.try_into() {
        // An error says that it has ended already.
        let _ = killpg(Pid::from_raw(id), Signal::SIGKILL);
    }
}

/// On Windows a job object ends with the process that holds it.
#[cfg(not(unix))]
fn kill_group(_id: u32) {}

/// All commands of one terminal print into one pipe, standard output and
/// standard error together, so that the order of the lines is that in which
/// they were written. It has a temporary directory of its own.
#[derive(Debug)]
pub struct Terminal {
    output: PipeWriter,
    events: Receiver<Event>,
    /// Evidence that the thread was held up which stamps the lines.
    pub watched: Arc<Watched>,
    temporary: TempDir,
    variables: BTreeMap<String, String>,
    marks: u32,
}

#[derive(Debug)]
enum Event {
    Line(Line),
    Mark(u32),
}

impl Terminal {
    /// Opens a terminal.
    ///
    /// # Errors
    ///
    /// If the system gives no pipe or no temporary directory.
    pub fn open() -> Result<Self> {
        let (reader, output) = pipe()?;
        let (sender, events) = channel();
        let (watched_sender, watched) = channel();
        thread::spawn(move || {
            // It is received below.
            let _ = watched_sender.send(watch_this_thread());
            read(reader, &sender);
        });
        let watched = watched.recv().context("no thread to read the pipe")?;
        let temporary = tempfile::tempdir()?;
        Ok(Self {
            output,
            events,
            watched,
            temporary,
            variables: BTreeMap::new(),
            marks: 0,
        })
    }

    /// Sets an environment variable for the commands that follow.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.insert(name.into(), value.into());
    }

    /// Starts a command line of `sh` in the temporary directory, so that what it
    /// writes can be seen, with nothing to read from standard input.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub fn start(&self, command: &str) -> Result<Job> {
        let mut shell = std::process::Command::new("sh");
        shell
            .args(["-c", &format!("{ORDINARY_LIMIT} {command}")])
            .current_dir(self.temporary.path())
            .stdin(Stdio::null())
            .stdout(self.output.try_clone()?)
            .stderr(self.output.try_clone()?)
            .env("RUST_BACKTRACE", "0")
            .env_remove("RUST_LIB_BACKTRACE")
            .env("NO_PROXY", "127.0.0.1,localhost")
            .env("no_proxy", "127.0.0.1,localhost")
            .env("TMPDIR", self.temporary.path())
            .env("TEMP", self.temporary.path())
            .env("TMP", self.temporary.path())
            .env_remove("DATABASE_URL")
            .envs(&self.variables);
        // What cargo set for the tests is not meant for the examples.
        for (name, _) in env::vars_os() {
            if name.to_str().is_some_and(|it| it.starts_with("CARGO_PKG_")) {
                shell.env_remove(name);
            }
        }
        let mut shell = CommandWrap::from(shell);
        #[cfg(unix)]
        shell.wrap(process_wrap::std::ProcessGroup::leader());
        #[cfg(windows)]
        shell.wrap(process_wrap::std::JobObject);
        let before = Instant::now();
        let child = shell.spawn().with_context(|| format!("sh: {command}"))?;
        let after = Instant::now();
        running().insert(child.id());
        let watched = watch(child.id());
        Ok(Job {
            child,
            began: (before, after),
            watched,
        })
    }

    /// Waits until `job` has ended, and all that it printed is in `lines`.
    ///
    /// Returns its exit status, or `None` if it had to be killed at `deadline`.
    ///
    /// # Errors
    ///
    /// If the system does not tell about the process.
    pub fn wait(
        &mut self,
        job: &mut Job,
        deadline: Instant,
        lines: &mut Vec<Line>,
    ) -> Result<Option<i32>> {
        let status = loop {
            if let Some(status) = job.ended()? {
                break Some(status);
            }
            if Instant::now() >= deadline {
                break None;
            }
            self.read_until(Instant::now() + POLL, lines)?;
        };
        // What it left running would print into what comes next.
        job.kill();
        self.catch_up(lines)?;
        Ok(status)
    }

    /// Moves what appears until `until` to `lines`; returns early, with `true`,
    /// as soon as there is a line.
    ///
    /// # Errors
    ///
    /// If the terminal has broken down.
    pub fn read_until(&self, until: Instant, lines: &mut Vec<Line>) -> Result<bool> {
        let wait = until.saturating_duration_since(Instant::now());
        match self.events.recv_timeout(wait) {
            Ok(Event::Line(line)) if lines.len() < MAX_LINES => {
                lines.push(line);
            }
            Ok(Event::Line(_)) => {
                bail!("it prints more than {MAX_LINES} lines")
            }
            Ok(Event::Mark(_)) | Err(RecvTimeoutError::Timeout) => {
                return Ok(false);
            }
            Err(RecvTimeoutError::Disconnected) => bail!("the pipe has broken"),
        }
        Ok(true)
    }

    /// Moves to `lines` all that has been printed until now. A line without its
    /// end ends here, as it does on a screen where the prompt follows it.
    ///
    /// # Errors
    ///
    /// If the terminal has broken down.
    pub fn catch_up(&mut self, lines: &mut Vec<Line>) -> Result<()> {
        self.mark("", lines)
    }

    /// Moves to `lines` what has been printed until now, but for a line of which
    /// there is only the beginning: more of it may follow.
    ///
    /// # Errors
    ///
    /// If the terminal has broken down.
    pub fn look(&mut self, lines: &mut Vec<Line>) -> Result<()> {
        self.mark(GOES_ON, lines)
    }

    /// Sends a mark through the pipe, behind what the processes wrote: when it
    /// comes out, there is nothing left before it.
    fn mark(&mut self, sign: &str, lines: &mut Vec<Line>) -> Result<()> {
        self.marks += 1;
        let mark = char::from(MARK);
        let mark = format!("{mark}{sign}{}{mark}", self.marks);
        self.output.write_all(mark.as_bytes())?;
        loop {
            match self.events.recv().context("the pipe has broken")? {
                Event::Line(line) => lines.push(line),
                Event::Mark(mark) if mark == self.marks => return Ok(()),
                Event::Mark(_) => {}
            }
        }
    }

    /// The temporary directory of the commands.
    #[must_use]
    pub fn temporary(&self) -> &Path {
        self.temporary.path()
    }

    /// The names of what the commands left in the temporary directory.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub fn left_behind(&self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.temporary.path())? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        Ok(names)
    }
}

fn read(mut pipe: PipeReader, events: &Sender<Event>) {
    let mut buffer = vec![0; 64 * 1024];
    let mut partial = Vec::new();
    let mut mark: Option<Vec<u8>> = None;
    // Whether a mark has ended a line whose own end may follow: many write that
    // apart.
    let mut cut = false;
    while let Ok(count @ 1..) = pipe.read(&mut buffer) {
        let at = Instant::now();
        for &byte in &buffer[..count] {
            let event = match (&mut mark, byte) {
                (Some(digits), MARK) => {
                    let id = String::from_utf8_lossy(digits);
                    let ends = !id.starts_with(GOES_ON) && !partial.is_empty();
                    let id = id.parse().unwrap_or_default();
                    mark = None;
                    if ends {
                        cut = true;
                        let text = line(&mut partial);
                        // The mark follows; it says if nobody listens.
                        let _ = events.send(Event::Line(Line { text, at }));
                    }
                    Some(Event::Mark(id))
                }
                (Some(digits), _) => {
                    digits.push(byte);
                    None
                }
                (None, MARK) => {
                    mark = Some(Vec::new());
                    None
                }
                (None, b'\n') if cut => {
                    cut = false;
                    None
                }
                (None, b'\n') => Some(Event::Line(Line {
                    text: line(&mut partial),
                    at,
                })),
                (None, _) => {
                    cut = false;
                    partial.push(byte);
                    None
                }
            };
            // The terminal may be closed while something still prints.
            if event.is_some_and(|event| events.send(event).is_err()) {
                return;
            }
        }
    }
}

fn line(bytes: &mut Vec<u8>) -> String {
    let text = String::from_utf8_lossy(bytes).trim_end_matches('\r').into();
    bytes.clear();
    text
}

/// The status as a shell gives it: 128 and the number for a signal.
fn exit_code(status: ExitStatus) -> i32 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return 128 + signal;
    }
    status.code().unwrap_or(-1)
}
