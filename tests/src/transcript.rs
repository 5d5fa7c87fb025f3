//! Runs a transcript: types its commands, one after the other, as a reader
//! would, and collects what appears.

use std::env;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

use crate::comparison::{Fault, Ran, compare, is_complete};
use crate::header::{Command, Transcript};
use crate::terminal::{Job, Line, Terminal};
use crate::workspace::{binary, root};

/// How long a command may go on after the last noted time of its lines. It ends
/// what hangs, and is no measure of speed: on two busy cores a second of
/// computing takes five to ten.
const DEADLINE: Duration = Duration::from_secs(60);
/// How long lines of jobs in the background may follow a command's own end. What
/// is late for its margin note is found late; this is for what never comes.
const GRACE: Duration = Duration::from_secs(10);
/// How often a run whose only fault is lateness is done in all. On two cores with
/// twenty busy processes one run in fifty is late, half of those once more.
const TRIES: usize = 6;

/// How a transcript is to be run.
#[derive(Clone, Copy, Debug)]
pub struct Conditions<'a> {
    /// Environment variables that are set for its commands.
    pub variables: &'a [(&'a str, &'a str)],
    /// Scales the time by which a line may be late: 1.0 is one step.
    pub slack: f64,
}

/// Runs a transcript and compares it with what its header says.
///
/// `file` names it in messages. A line may be late on a busy machine, so a run
/// whose only fault is lateness is told to `slow`, which may wait for better
/// times, and done again, a few times at most; a program that is wrong is late
/// each time.
///
/// # Errors
///
/// If it does not hold: the error shows each command that differs, both sides
/// with their times. Or if a command could not be run at all.
pub fn check(
    file: &str,
    transcript: &Transcript,
    conditions: Conditions,
    mut slow: impl FnMut(&str) -> Result<()>,
) -> Result<()> {
    let mut tries = 1;
    loop {
        let (faults, report) = run(file, transcript, conditions)?;
        if faults.is_empty() {
            return Ok(());
        }
        let only_late = faults.iter().all(|fault| *fault == Fault::Late);
        if !only_late || tries == TRIES {
            return Err(anyhow!(report));
        }
        tries += 1;
        slow(&report)?;
    }
}

/// The factor by which `TIMING_SLACK` lets lines be later than one step.
///
/// # Errors
///
/// If it is no number.
pub fn slack() -> Result<f64> {
    let Ok(slack) = env::var("TIMING_SLACK") else {
        return Ok(1.0);
    };
    slack
        .parse()
        .with_context(|| format!("TIMING_SLACK={slack}"))
}

fn run(
    file: &str,
    transcript: &Transcript,
    conditions: Conditions,
) -> Result<(Vec<Fault>, String)> {
    let mut terminal = Terminal::open()?;
    for (name, value) in conditions.variables {
        terminal.set(name, value);
    }
    let mut session = Session {
        terminal,
        jobs: Vec::new(),
        ports: Vec::new(),
    };
    let mut all = Vec::new();
    for command in &transcript.commands {
        let ran = session
            .run(command, transcript.unordered)
            .map_err(|error| anyhow!("{file}:{}: {error:#}{}", command.line, shown(&all)))?;
        all.push((command, ran));
    }
    let running: Vec<usize> = (1..=session.jobs.len())
        .filter(|&number| session.jobs[number - 1].is_some())
        .collect();
    let untidy = session.terminal.left_behind()?;
    session.jobs.clear();
    if let Some((_, last)) = all.last_mut() {
        session.terminal.catch_up(&mut last.lines)?;
        session.show_ports(&mut last.lines);
    }
    let mut all_faults = Vec::new();
    let mut report = String::new();
    for (command, ran) in &all {
        let (faults, rows) = compare(command, ran, transcript.unordered, conditions.slack);
        if !faults.is_empty() {
            let Command { line, text, .. } = command;
            let _ = write!(report, "{file}:{line}\n  $ {text}\n{rows}");
        }
        all_faults.extend(faults);
    }
    if !running.is_empty() {
        all_faults.push(Fault::Status);
        let _ = writeln!(
            report,
            "{file}: the transcript leaves job {running:?} running; stop it"
        );
    }
    if !untidy.is_empty() {
        all_faults.push(Fault::Status);
        let untidy = untidy.join(", ");
        let _ = writeln!(report, "{file}: left behind by the commands: {untidy}");
    }
    Ok((all_faults, report))
}

/// What the commands before one that could not be run have printed.
fn shown(before: &[(&Command, Ran)]) -> String {
    let mut text = String::new();
    for (command, ran) in before {
        let _ = write!(text, "\n  $ {}", command.text);
        for line in &ran.lines {
            let _ = write!(text, "\n    {}", line.text);
        }
    }
    text
}

struct Session {
    terminal: Terminal,
    /// The jobs in the background; `None` for one that has been stopped.
    jobs: Vec<Option<Job>>,
    /// Ports as the header shows them, and those that the servers really got.
    ports: Vec<(String, String)>,
}

impl Session {
    fn run(&mut self, command: &Command, unordered: bool) -> Result<Ran> {
        let mut lines = Vec::new();
        let last_due = command.expected.iter().filter_map(|it| it.due).max();
        let text = self.translate(command)?;
        if command.background
            && let Some(address) = address(command)
        {
            // A server that is started again gets another port.
            let (_, port) = address.split_once(':').unwrap_or_default();
            self.ports.retain(|(shown, _)| shown != port);
        }
        let start = Instant::now();
        let deadline = start + last_due.unwrap_or_default() + DEADLINE;
        let mut status = None;
        if command.background {
            // With `exec` the job's process is the server and not its shell.
            let job = self.terminal.start(&format!("exec {text}"))?;
            // As a shell does, which numbers on from the last that still runs.
            while matches!(self.jobs.last(), Some(None)) {
                self.jobs.pop();
            }
            self.jobs.push(Some(job));
            // Only now is the port known under which it shall be shown.
            while !is_complete(command, &lines, unordered)
                && Instant::now() < deadline
                && self.last_job_runs()?
            {
                let soon = Instant::now() + Duration::from_millis(50);
                self.terminal.read_until(soon, &mut lines)?;
                self.learn_ports(command, &lines);
                self.show_ports(&mut lines);
            }
            if !self.last_job_runs()? {
                // What it said last belongs to it, not to the next command.
                self.terminal.catch_up(&mut lines)?;
            }
        } else if let Some((signal, number)) = kill(&command.text) {
            let index = number.checked_sub(1);
            let job = index.and_then(|index| self.jobs.get_mut(index));
            let job = job.with_context(|| format!("no job %{number}"))?;
            let mut stopped = job
                .take()
                .with_context(|| format!("job %{number} is gone"))?;
            if let Some(status) = stopped.ended()? {
                bail!("job %{number} ended by itself, with status {status}");
            }
            let text = format!("kill -{signal} {}", stopped.id());
            let mut shell = self.terminal.start(&text)?;
            self.terminal.wait(&mut shell, deadline, &mut lines)?;
            if ["INT", "TERM", "KILL"].contains(&signal) {
                status = self.terminal.wait(&mut stopped, deadline, &mut lines)?;
            } else {
                status = Some(0);
                self.jobs[number - 1] = Some(stopped);
                self.linger(command, &mut lines, unordered)?;
            }
        } else {
            let mut job = self.terminal.start(&text)?;
            status = self.terminal.wait(&mut job, deadline, &mut lines)?;
            if self.jobs.iter().any(Option::is_some) {
                self.linger(command, &mut lines, unordered)?;
            }
        }
        self.show_ports(&mut lines);
        Ok(Ran {
            start,
            lines,
            status,
        })
    }

    /// Gives the jobs in the background a moment to say what they have to say.
    fn linger(&self, command: &Command, lines: &mut Vec<Line>, unordered: bool) -> Result<()> {
        let until = Instant::now() + GRACE;
        self.show_ports(lines);
        while !is_complete(command, lines, unordered) && Instant::now() < until {
            self.terminal.read_until(until, lines)?;
            self.show_ports(lines);
        }
        Ok(())
    }

    fn last_job_runs(&mut self) -> Result<bool> {
        match self.jobs.last_mut() {
            Some(Some(job)) => Ok(job.ended()?.is_none()),
            _ => Ok(false),
        }
    }

    fn learn_ports(&mut self, command: &Command, lines: &[Line]) {
        let Some(shown) = address(command) else {
            return;
        };
        let port = shown.trim_start_matches("127.0.0.1:");
        if self.ports.iter().any(|(known, _)| known == port) {
            return;
        }
        for expected in &command.expected {
            let Some((before, _)) = expected.text.split_once(shown) else {
                continue;
            };
            for line in lines {
                let rest = line.text.strip_prefix(before);
                let real = rest.and_then(|it| it.strip_prefix("127.0.0.1:"));
                if let Some(real) = real.map(leading_digits) {
                    self.ports.push((port.into(), real.into()));
                    return;
                }
            }
        }
    }

    fn show_ports(&self, lines: &mut [Line]) {
        for line in lines {
            for (shown, real) in &self.ports {
                line.text = replace_port(&line.text, real, shown);
            }
        }
    }

    /// What is typed, as the tests run it: with the built binary in place of
    /// `cargo run`, with the ports that the servers got, and with a free port
    /// for a server that is about to start.
    fn translate(&self, command: &Command) -> Result<String> {
        let mut text = command.text.clone();
        for (shown, real) in &self.ports {
            text = replace_port(&text, shown, real);
        }
        let mut done = String::new();
        while let Some((before, after)) = text.split_once("cargo run ") {
            let (path, rest) = cargo_run(after)?;
            done = format!("{done}{before}'{path}'");
            text = rest;
        }
        done += &text;
        if command.background
            && let Some(address) = address(command)
        {
            if done.contains(address) {
                done = done.replace(address, "127.0.0.1:0");
            } else {
                done += " 127.0.0.1:0";
            }
        }
        Ok(done)
    }
}

/// Reads the arguments of `cargo run`; gives the binary's path, and the rest.
fn cargo_run(arguments: &str) -> Result<(String, String)> {
    let (mut package, mut name) = (None, None);
    let mut words = arguments.split(' ').peekable();
    while let Some(word) = words.peek() {
        match *word {
            "-q" | "--quiet" | "--release" => {}
            "-p" => {
                words.next();
                package = words.peek().copied();
            }
            "--bin" => {
                words.next();
                name = words.peek().copied();
            }
            "--" => {
                words.next();
                break;
            }
            _ => break,
        }
        words.next();
    }
    let package = package.context("cargo run without -p")?;
    let name = name.context("cargo run without --bin")?;
    let folder = root().join(package).join("src/bin");
    if !folder.join(format!("{name}.rs")).exists() && !folder.join(name).exists() {
        bail!("there is no binary {name} in {package}");
    }
    let path = binary(name)?.display().to_string();
    let rest: Vec<&str> = words.collect();
    let space = if rest.is_empty() { "" } else { " " };
    Ok((path, format!("{space}{}", rest.join(" "))))
}

/// The address that a server's lines show, such as `127.0.0.1:8080`.
fn address(command: &Command) -> Option<&str> {
    command.expected.iter().find_map(|line| {
        let at = line.text.find("127.0.0.1:")?;
        let digits = leading_digits(&line.text[at + "127.0.0.1:".len()..]);
        let end = at + "127.0.0.1:".len() + digits.len();
        (!digits.is_empty()).then(|| &line.text[at..end])
    })
}

fn leading_digits(text: &str) -> &str {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    &text[..end]
}

/// Replaces a port where it follows the loopback address or its name.
fn replace_port(text: &str, from: &str, to: &str) -> String {
    let mut done = String::new();
    let mut rest = text;
    let needle = format!(":{from}");
    while let Some((before, after)) = rest.split_once(&needle) {
        let host = before.ends_with("127.0.0.1") || before.ends_with("localhost");
        let whole = !after.starts_with(|c: char| c.is_ascii_digit());
        done += before;
        done += ":";
        done += if host && whole { to } else { from };
        rest = after;
    }
    done + rest
}

/// The signal and the job's number in a command such as `kill -INT %1`.
fn kill(text: &str) -> Option<(&str, usize)> {
    let (signal, job) = text.strip_prefix("kill -")?.split_once(" %")?;
    Some((signal, job.parse().ok()?))
}

/// A program that the transcript uses and this machine lacks, if there is one.
///
/// Only what a reader may lack as well is asked for: `sh` on Windows, `curl`.
#[must_use]
pub fn missing_program(transcript: &Transcript) -> Option<&'static str> {
    ["sh", "curl"].into_iter().find(|&program| {
        let mut commands = transcript.commands.iter();
        let used = program == "sh" || commands.any(|command| command.text.contains(program));
        used && std::process::Command::new(program)
            .arg(if program == "sh" { "-c :" } else { "--version" })
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .status()
            .is_err()
    })
}
