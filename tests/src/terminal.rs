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

use crate::lateness::{Watched, watch, watch_delivery};

/// Begins and ends a mark in the output. Between them stands the name of the
/// terminal, which no example knows: the byte itself may be printed.
const MARK: u8 = 0x1e;
/// The sign of a mark that does not end the line in which it stands: the number
/// behind it reads the same.
const GOES_ON: &str = "+";
/// More than any example prints, in lines and in bytes of a line: a flood is not
/// kept in memory.
const MAX_LINES: usize = 20_000;
const MAX_LINE: usize = 1 << 20;
/// For a mark to come out of the pipe, however busy the machine is.
const MARK_DEADLINE: Duration = Duration::from_secs(60);
/// What a reader's shell has too, and an example may need. What else it may have,
/// such as a proxy, is tried on purpose.
const KEPT: [&str; 4] = ["PATH", "HOME", "LANG", "SYSTEMROOT"];
/// How often a running process is asked whether it has ended.
const POLL: Duration = Duration::from_millis(10);

/// By its path on Unix: so the standard library need not copy this process, which
/// is large, to start another.
const SHELL: &str = if cfg!(unix) { "/bin/sh" } else { "sh" };

/// Gives what follows as many file descriptors as an ordinary shell does; it may
/// allow itself more.
const ORDINARY_LIMIT: &str = if cfg!(windows) {
    ""
} else {
    "ulimit -S -n 1024;"
};

/// Stands for no value of an environment variable; no value can have this byte.
pub const UNSET: &str = "\0";

/// What `cargo run` sets for a program: see `.cargo/config.toml`.
const RUNS_WITH: [(&str, &str); 1] = [("RUST_LIB_BACKTRACE", "0")];

/// A line that appeared, and when.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its text, without the end of line.
    pub text: String,
    /// The moment at which it could be read.
    pub at: Instant,
    /// Whether its end of line was printed too. In a shell, the prompt would stand
    /// behind a line without one.
    pub is_whole: bool,
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
    /// Evidence that the lines were held up on their way from the programs.
    pub watched: Arc<Watched>,
    temporary: TempDir,
    /// Those without a value are unset.
    variables: BTreeMap<String, Option<String>>,
    marks: u32,
}

#[derive(Debug)]
enum Event {
    Line(Line),
    Mark(u32),
    /// There was more than is kept.
    Flood,
}

impl Terminal {
    /// Opens a terminal.
    ///
    /// # Errors
    ///
    /// If the system gives no pipe or no temporary directory.
    pub fn open() -> Result<Self> {
        let (reader, output) = pipe()?;
        let temporary = tempfile::tempdir()?;
        let name = name_of(temporary.path());
        let (sender, events) = channel();
        let (watched_sender, watched) = channel();
        thread::spawn(move || {
            // It is received below.
            let _ = watched_sender.send(watch_delivery());
            Reader::new(name, sender).read(reader);
        });
        let watched = watched.recv().context("no thread to read the pipe")?;
        Ok(Self {
            output,
            events,
            watched,
            temporary,
            variables: BTreeMap::new(),
            marks: 0,
        })
    }

    /// Sets an environment variable for the commands that follow, or leaves it out
    /// if the value is [`UNSET`].
    pub fn set(&mut self, name: &str, value: &str) {
        let value = (value != UNSET).then(|| value.to_string());
        self.variables.insert(name.into(), value);
    }

    /// Starts a command line of `sh` in the temporary directory, so that what it
    /// writes can be seen, with nothing to read from standard input.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub fn start(&self, command: &str) -> Result<Job> {
        let mut shell = std::process::Command::new(SHELL);
        shell
            .args(["-c", &format!("{ORDINARY_LIMIT} {command}")])
            .current_dir(self.temporary.path())
            .stdin(Stdio::null())
            .stdout(self.output.try_clone()?)
            .stderr(self.output.try_clone()?)
            .env_clear()
            .envs(
                KEPT.iter()
                    .filter_map(|name| Some((name, env::var_os(name)?))),
            )
            .envs(RUNS_WITH)
            .env("TMPDIR", self.temporary.path())
            .env("TEMP", self.temporary.path())
            .env("TMP", self.temporary.path());
        for (name, value) in &self.variables {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
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

    /// Runs a command line to its end; gives its exit status and its lines.
    ///
    /// # Errors
    ///
    /// If it does not end within `limit`; it is killed.
    pub fn run(&mut self, command: &str, limit: Duration) -> Result<(i32, Vec<String>)> {
        let mut job = self.start(command)?;
        let mut lines = Vec::new();
        let status = self.wait(&mut job, Instant::now() + limit, &mut lines)?;
        let lines: Vec<String> = lines.into_iter().map(|line| line.text).collect();
        let status = status.with_context(|| {
            format!("it still runs after {limit:?} and has printed {lines:?}: {command}")
        })?;
        Ok((status, lines))
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
            Ok(Event::Line(_) | Event::Flood) => bail!(FLOOD),
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
        let (mark, name) = (char::from(MARK), name_of(self.temporary.path()));
        let mark = format!("{mark}{name}{sign}{}{mark}", self.marks);
        self.output.write_all(mark.as_bytes())?;
        let deadline = Instant::now() + MARK_DEADLINE;
        loop {
            let wait = deadline.saturating_duration_since(Instant::now());
            match self.events.recv_timeout(wait) {
                Ok(Event::Line(line)) if lines.len() < MAX_LINES => lines.push(line),
                Ok(Event::Line(_) | Event::Flood) => bail!(FLOOD),
                Ok(Event::Mark(mark)) if mark == self.marks => return Ok(()),
                Ok(Event::Mark(_)) => {}
                Err(_) => bail!("what it prints cannot be read to its end"),
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

/// What a program is told that prints without end.
const FLOOD: &str = "it prints more than is kept: 20,000 lines, or a line of 1 MiB";

/// The name of a terminal, which is that of its directory.
fn name_of(temporary: &Path) -> String {
    let name = temporary.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// Makes events of the bytes in the pipe.
struct Reader {
    /// Between two marks: this, a sign perhaps, and a number.
    name: String,
    events: Sender<Event>,
    /// Lines until now.
    sent: usize,
    line: Vec<u8>,
    /// What follows a mark, as long as it may be one.
    mark: Option<Vec<u8>>,
    /// Whether a mark has ended a line whose own end may follow: many write that
    /// apart.
    cut: bool,
    /// Whether there was more than is kept.
    is_flooded: bool,
}

impl Reader {
    fn new(name: String, events: Sender<Event>) -> Self {
        Self {
            name,
            events,
            sent: 0,
            line: Vec::new(),
            mark: None,
            cut: false,
            is_flooded: false,
        }
    }

    fn read(mut self, mut pipe: PipeReader) {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = pipe.read(&mut buffer) {
            let at = Instant::now();
            for &byte in &buffer[..count] {
                // The terminal may be closed while something still prints.
                if !self.take(byte, at) {
                    return;
                }
            }
        }
    }

    /// Takes a byte; `false` if nobody listens any more.
    fn take(&mut self, byte: u8, at: Instant) -> bool {
        let Some(mark) = &mut self.mark else {
            if byte == MARK {
                self.mark = Some(Vec::new());
                return true;
            }
            return self.text(byte, at);
        };
        if byte == MARK
            && let Some(number) = number_of(mark, &self.name)
        {
            let goes_on = mark[self.name.len()..].starts_with(GOES_ON.as_bytes());
            self.mark = None;
            if !goes_on && !self.line.is_empty() {
                self.cut = true;
                if !self.end_line(at, false) {
                    return false;
                }
            }
            return self.mark(Event::Mark(number));
        }
        mark.push(byte);
        let known = mark.len().min(self.name.len());
        if byte != MARK
            && mark.len() < self.name.len() + 16
            && mark[..known] == self.name.as_bytes()[..known]
        {
            return true;
        }
        // It is text after all; its last byte may begin a mark.
        let mut text = self.mark.take().unwrap_or_default();
        let last = text.pop();
        let shown = self.text(MARK, at) && text.iter().all(|it| self.text(*it, at));
        shown && last.is_none_or(|last| self.take(last, at))
    }

    fn text(&mut self, byte: u8, at: Instant) -> bool {
        match byte {
            b'\n' if self.cut => self.cut = false,
            b'\n' => return self.end_line(at, true),
            _ => {
                self.cut = false;
                if self.line.len() < MAX_LINE {
                    self.line.push(byte);
                } else {
                    return self.flood();
                }
            }
        }
        true
    }

    fn end_line(&mut self, at: Instant, is_whole: bool) -> bool {
        let text = line(&mut self.line);
        if self.sent == MAX_LINES {
            return self.flood();
        }
        self.sent += 1;
        let line = Line { text, at, is_whole };
        self.events.send(Event::Line(line)).is_ok()
    }

    /// Says once that something is not kept.
    fn flood(&mut self) -> bool {
        if self.is_flooded {
            return true;
        }
        self.is_flooded = true;
        self.mark(Event::Flood)
    }

    /// Sends what must not be lost.
    fn mark(&self, event: Event) -> bool {
        self.events.send(event).is_ok()
    }
}

/// The number of a mark, if it is one.
fn number_of(mark: &[u8], name: &str) -> Option<u32> {
    let rest = mark.strip_prefix(name.as_bytes())?;
    let rest = rest.strip_prefix(GOES_ON.as_bytes()).unwrap_or(rest);
    str::from_utf8(rest).ok()?.parse().ok()
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines and marks in what is printed, of a terminal with the name `.tmpX`.
    fn events(printed: &[u8]) -> Vec<String> {
        let (sender, events) = channel();
        let mut reader = Reader::new(".tmpX".into(), sender);
        for &byte in printed {
            assert!(reader.take(byte, Instant::now()));
        }
        drop(reader);
        let shown = events.iter().map(|event| match event {
            Event::Line(line) => line.text,
            Event::Mark(number) => format!("<{number}>"),
            Event::Flood => "<flood>".into(),
        });
        shown.collect()
    }

    #[test]
    fn a_mark_ends_a_line_unless_it_goes_on() {
        for (printed, right) in [
            (&b"one\n\x1e.tmpX1\x1e"[..], &["one", "<1>"][..]),
            (b"one\x1e.tmpX1\x1e\ntwo\n", &["one", "<1>", "two"]),
            (b"one\x1e.tmpX1\x1etwo\n", &["one", "<1>", "two"]),
            (b"one\x1e.tmpX+1\x1etwo\n", &["<1>", "onetwo"]),
            (b"one\r\n", &["one"]),
        ] {
            assert_eq!(events(printed), right, "{}", printed.escape_ascii());
        }
    }

    #[test]
    fn the_byte_of_a_mark_may_be_printed() {
        for (printed, right) in [
            (&b"o\x1ene\n"[..], &["o\x1ene"][..]),
            (b"one\x1e\x1e.tmpX1\x1e", &["one\x1e", "<1>"]),
            (b"\x1e.tmp\x1e.tmpX1\x1e", &["\x1e.tmp", "<1>"]),
            (
                b"\x1e.tmpXY\x1e\n\x1e.tmpX2\x1e",
                &["\x1e.tmpXY\x1e", "<2>"],
            ),
            (b"\x1e1\x1e\n", &["\x1e1\x1e"]),
        ] {
            assert_eq!(events(printed), right, "{}", printed.escape_ascii());
        }
    }

    #[test]
    fn a_flood_is_said_and_not_kept() {
        let lines = events(&b"y\n".repeat(MAX_LINES + 2));
        assert_eq!(lines.len(), MAX_LINES + 1);
        assert_eq!(lines[MAX_LINES], "<flood>");
        let long = events(&[vec![b'x'; MAX_LINE + 5], b"\n".to_vec()].concat());
        assert_eq!(long[0], "<flood>");
        assert_eq!(long[1].len(), MAX_LINE);
    }
}
