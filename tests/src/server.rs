//! A server under test.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::terminal::{Job, Line, Terminal};
use crate::workspace::binary;

/// How long a server may take until it says where it listens.
const START: Duration = Duration::from_secs(10);
/// The last lines of a server that a failure shows.
const SHOWN: usize = 20;

thread_local! {
    static LAST_WORDS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// What the servers had said that this thread has dropped since the last call: a
/// test that fails has dropped its own.
#[must_use]
pub fn last_words() -> Vec<String> {
    LAST_WORDS.take()
}

/// The binary of an example that serves on a free port, or on a Unix socket,
/// until it is dropped.
#[derive(Debug)]
pub struct Server<A = SocketAddr> {
    /// Of its binary.
    name: String,
    terminal: Terminal,
    job: Job,
    lines: Vec<Line>,
    /// Where it listens.
    pub address: A,
}

impl Server {
    /// Starts the example `name` and waits until it says where it listens.
    ///
    /// `setup` is typed before the command, such as `ulimit -n 64;`.
    ///
    /// # Errors
    ///
    /// If it does not start; the error has what it said.
    pub fn start(name: &str, setup: &str) -> Result<Self> {
        Self::run(&format!(
            "{setup} exec '{}' 127.0.0.1:0",
            binary(name)?.display()
        ))
    }

    /// Runs a command line, which begins with `exec` where signals are to reach
    /// the server only, and waits until the server says where it listens.
    ///
    /// # Errors
    ///
    /// If it does not start; the error has what it said.
    pub fn run(command: &str) -> Result<Self> {
        Self::launch(command, address_in)
    }
}

/// The address in a line, such as `listening on http://127.0.0.1:8080`.
#[must_use]
pub fn address_in(line: &str) -> Option<SocketAddr> {
    let mut words = line.split(' ');
    words.find_map(|it| it.trim_start_matches("http://").parse().ok())
}

impl Server<PathBuf> {
    /// Starts the example `name` on a Unix socket, and waits until it says that
    /// it listens there.
    ///
    /// # Errors
    ///
    /// If it does not start; the error has what it said.
    pub fn start_on_path(name: &str, setup: &str, path: &Path) -> Result<Self> {
        let shown = path.display();
        let line = format!("listening on {shown}");
        let command = format!("{setup} exec '{}' '{shown}'", binary(name)?.display());
        Self::launch(&command, |it| (it == line).then(|| path.into()))
    }
}

impl<A> Server<A> {
    fn launch(command: &str, address: impl Fn(&str) -> Option<A>) -> Result<Self> {
        let name = binary_in(command);
        let mut terminal = Terminal::open()?;
        let mut job = terminal.start(command)?;
        let mut lines: Vec<Line> = Vec::new();
        let deadline = Instant::now() + START;
        let address = loop {
            let mut texts = lines.iter().map(|line| &line.text);
            if let Some(address) = texts.find_map(|text| address(text)) {
                break address;
            }
            let soon = Instant::now() + Duration::from_millis(50);
            if !terminal.read_until(soon, &mut lines)?
                && (Instant::now() >= deadline || job.ended()?.is_some())
            {
                terminal.catch_up(&mut lines)?;
                let said = texts_of(&lines);
                bail!("{name} does not say where it listens; it said {said:?} ({command})");
            }
        };
        Ok(Self {
            name,
            terminal,
            job,
            lines,
            address,
        })
    }

    /// Sends it a signal by its name, such as `INT`.
    ///
    /// # Errors
    ///
    /// If there is no such signal, or no such process any more.
    pub fn signal(&self, signal: &str) -> Result<()> {
        self.job.signal(signal)
    }

    /// Waits until it has ended by itself, `limit` at most, and gives its exit
    /// status.
    ///
    /// # Errors
    ///
    /// If it has not ended by then; it is killed.
    pub fn wait(&mut self, limit: Duration) -> Result<i32> {
        let deadline = Instant::now() + limit;
        let status = self
            .terminal
            .wait(&mut self.job, deadline, &mut self.lines)?;
        status.with_context(|| format!("{} still runs after {limit:?}", self.name))
    }

    /// Waits until it has ended by itself, `limit` at most, with status 0 and
    /// these last lines.
    ///
    /// # Errors
    ///
    /// If it does not.
    pub fn ends(&mut self, limit: Duration, last: &[&str]) -> Result<()> {
        let status = self.wait(limit)?;
        let output = self.output();
        let said = &output[output.len().saturating_sub(last.len())..];
        ensure!(
            status == 0 && said == last,
            "{} is to end with status 0 and {last:?}, not with status {status} and {said:?}",
            self.name
        );
        let panicked = output.iter().any(|line| line.contains("panicked at"));
        ensure!(!panicked, "{} has panicked", self.name);
        Ok(())
    }

    /// Expects that it has printed so many lines until now, the one with its
    /// address included.
    ///
    /// # Errors
    ///
    /// If it has printed more or fewer.
    pub fn has_said(&mut self, count: usize) -> Result<()> {
        let lines = self.output().len();
        let name = &self.name;
        ensure!(
            lines == count,
            "{name} has printed {lines} lines, not {count}"
        );
        Ok(())
    }

    /// Waits until it prints a line that begins with `text`.
    ///
    /// # Errors
    ///
    /// If there is no such line within ten seconds.
    pub fn wait_for(&mut self, text: &str) -> Result<()> {
        let deadline = Instant::now() + START;
        while !self.lines.iter().any(|line| line.text.starts_with(text)) {
            if !self.terminal.read_until(deadline, &mut self.lines)? {
                bail!("{} prints no line \"{text}\"", self.name);
            }
        }
        Ok(())
    }

    /// What it has printed until now, the line with its address included.
    pub fn output(&mut self) -> Vec<String> {
        // A terminal that has broken down shows what came before.
        let _ = self.terminal.look(&mut self.lines);
        texts_of(&self.lines)
    }

    /// Its process, for what [`usage`](crate::usage) tells.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.job.id()
    }
}

impl<A> Drop for Server<A> {
    fn drop(&mut self) {
        let state = match self.job.ended() {
            Ok(Some(status)) => format!("ended with status {status}"),
            _ => "still ran".into(),
        };
        let said = self.output();
        let said = &said[said.len().saturating_sub(SHOWN)..];
        let words = format!("{} {state}; it had said {said:?}", self.name);
        LAST_WORDS.with_borrow_mut(|all| all.push(words));
    }
}

fn texts_of(lines: &[Line]) -> Vec<String> {
    lines.iter().map(|line| line.text.clone()).collect()
}

/// The name of the binary whose path stands in a command line, in quotes.
fn binary_in(command: &str) -> String {
    let path = Path::new(command.split('\'').nth(1).unwrap_or(command));
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}
