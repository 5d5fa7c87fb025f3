//! A server under test.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::terminal::{Job, Line, Terminal};
use crate::workspace::binary;

/// How long a server may take until it says where it listens.
const START: Duration = Duration::from_secs(10);

/// The binary of an example that serves on a free port, or on a Unix socket,
/// until it is dropped.
#[derive(Debug)]
pub struct Server<A = SocketAddr> {
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
                bail!("{command}: no address in {lines:?}");
            }
        };
        Ok(Self {
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
        status.with_context(|| format!("still runs after {limit:?}; it said {:?}", self.output()))
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
                bail!("no line \"{text}\" in {:?}", self.output());
            }
        }
        Ok(())
    }

    /// What it has printed until now, the line with its address included.
    pub fn output(&mut self) -> Vec<String> {
        // A terminal that has broken down shows what came before.
        let _ = self.terminal.look(&mut self.lines);
        self.lines.iter().map(|line| line.text.clone()).collect()
    }

    /// Its process, for what [`usage`](crate::usage) tells.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.job.id()
    }
}
