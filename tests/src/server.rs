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
        Self::launch(name, setup, "127.0.0.1:0", |line| {
            let mut words = line.split(' ');
            words.find_map(|it| it.trim_start_matches("http://").parse().ok())
        })
    }
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
        Self::launch(name, setup, &format!("'{shown}'"), |it| {
            (it == line).then(|| path.into())
        })
    }
}

impl<A> Server<A> {
    fn launch(
        name: &str,
        setup: &str,
        argument: &str,
        address: impl Fn(&str) -> Option<A>,
    ) -> Result<Self> {
        let mut terminal = Terminal::open()?;
        let path = binary(name)?.display();
        let command = format!("{setup} exec '{path}' {argument}");
        let mut job = terminal.start(&command)?;
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
    pub fn signal(&mut self, signal: &str) -> Result<()> {
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

    /// Resident memory in bytes, as Linux counts it; `None` elsewhere.
    #[must_use]
    pub fn memory(&self) -> Option<usize> {
        let path = format!("/proc/{}/status", self.job.id());
        let status = std::fs::read_to_string(path).ok()?;
        let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"))?;
        let kibibytes: usize = line.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(kibibytes * 1024)
    }

    /// Processor time used until now, as Linux counts it; `None` elsewhere.
    #[must_use]
    pub fn processor_time(&self) -> Option<Duration> {
        let path = format!("/proc/{}/stat", self.job.id());
        let stat = std::fs::read_to_string(path).ok()?;
        // See proc(5): utime and stime are fields 14 and 15, in ticks of 10 ms;
        // the name in field 2 may hold blanks, so count from behind it.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let user: u64 = fields.get(11)?.parse().ok()?;
        let system: u64 = fields.get(12)?.parse().ok()?;
        Some(Duration::from_millis((user + system) * 10))
    }
    /// How many file descriptors it has, as Linux counts them; `None` elsewhere.
    #[must_use]
    pub fn descriptors(&self) -> Option<usize> {
        let path = format!("/proc/{}/fd", self.job.id());
        Some(std::fs::read_dir(path).ok()?.count())
    }
}
