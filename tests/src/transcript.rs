//! Runs a transcript: types its commands, one after the other, as a reader
//! would, and collects what appears.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

use crate::compare::{Fault, Ran, Record, Rules, compare, is_complete};
use crate::header::{Command, Transcript};
use crate::terminal::{Job, Line, Terminal};
use crate::translate::{address, cargo_runs, job, kill, leading_digits, replace_port};
use crate::workspace::{is_release, program, root};

/// How long a command may go on after the last noted time of its lines. It ends
/// what hangs, and is no measure of speed: on two busy cores a second of
/// computing takes five to ten.
const DEADLINE: Duration = Duration::from_secs(60);
/// How long lines of jobs in the background may follow a command's own end. What
/// is late for its margin note is found late; this is for what never comes.
const GRACE: Duration = Duration::from_secs(10);
/// How many runs may be excused before nothing can be said here.
const EXCUSES: usize = 5;

/// How a transcript is to be run.
#[derive(Clone, Copy, Debug)]
pub struct Conditions<'a> {
    /// Environment variables that are set for its commands.
    pub variables: &'a [(&'a str, &'a str)],
    /// Scales the time by which a line may be late: 1.0 is one step.
    pub slack: f64,
}

/// What came of a check that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// It holds.
    Right,
    /// The machine held up each of several runs.
    Undecided,
}

/// Runs a transcript and compares it with what its header says.
///
/// `file` names it in messages. A run whose only faults are excused, since the
/// machine held it up by as much, is told to `excused`, which may wait for better
/// times, and done again. With `RECORD` in the environment, figures that are out
/// of their range are written into the file instead.
///
/// # Errors
///
/// If it does not hold: the error shows each command that differs, both sides
/// with their times. Or if a command could not be run at all.
pub fn check(
    file: &str,
    transcript: &Transcript,
    conditions: Conditions,
    mut excused: impl FnMut(&str) -> Result<()>,
) -> Result<Checked> {
    let record = env::var_os("RECORD").is_some();
    for _ in 0..EXCUSES {
        let Outcome {
            faults,
            records,
            report,
        } = run(file, transcript, conditions)?;
        if faults.is_empty() {
            return Ok(Checked::Right);
        }
        if record && faults.iter().all(|fault| *fault == Fault::Figure) {
            write_figures(file, &records)?;
            return Ok(Checked::Right);
        }
        if faults.iter().any(|fault| *fault != Fault::HeldUp) {
            let hint = if records.is_empty() {
                ""
            } else {
                "  > RECORD=1 writes the figures of a run into the header\n"
            };
            return Err(anyhow!(report + hint));
        }
        excused(&report)?;
    }
    Ok(Checked::Undecided)
}

/// Writes figures into the header of a file; the margin notes stay in their
/// column.
///
/// # Errors
///
/// If the file cannot be written, or has changed since the run.
pub fn write_figures(file: &str, records: &[Record]) -> Result<()> {
    let path = root().join(file);
    let text = fs::read_to_string(&path).with_context(|| file.to_string())?;
    let mut lines: Vec<String> = text.lines().map(Into::into).collect();
    for Record { line, old, new } in records {
        let line = lines
            .get_mut(line - 1)
            .filter(|line| line.contains(old.as_str()))
            .with_context(|| format!("{file}:{line} has changed meanwhile"))?;
        eprintln!("{file}: {new}");
        *line = match line.split_once(&format!("{old}  ")) {
            Some((before, note)) => {
                let width = old.chars().count() + 2 + note.len() - note.trim_start().len();
                let note = note.trim_start();
                let width = width.max(new.chars().count() + 2);
                format!("{before}{new:width$}{note}")
            }
            None => line.replace(old.as_str(), new),
        };
    }
    fs::write(&path, lines.join("\n") + "\n")?;
    Ok(())
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

/// What one run of a transcript came to.
struct Outcome {
    faults: Vec<Fault>,
    records: Vec<Record>,
    report: String,
}

fn run(file: &str, transcript: &Transcript, conditions: Conditions) -> Result<Outcome> {
    let mut terminal = Terminal::open()?;
    for (name, value) in conditions.variables {
        terminal.set(name, value);
    }
    let mut session = Session {
        terminal,
        jobs: Vec::new(),
        numbered: None,
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
    let mut faults = Vec::new();
    let mut records = Vec::new();
    let mut report = String::new();
    for (command, ran) in &all {
        let rules = Rules {
            unordered: transcript.unordered,
            busy: transcript.busy,
            slack: conditions.slack,
            figures: !is_release() || command.text.contains(" --release "),
        };
        let verdict = compare(command, ran, rules);
        if !verdict.faults.is_empty() {
            let Command { line, text, .. } = command;
            let _ = write!(report, "{file}:{line}\n  $ {text}\n{}", verdict.text);
        }
        faults.extend(verdict.faults);
        records.extend(verdict.records);
    }
    if !running.is_empty() {
        faults.push(Fault::Status);
        let _ = writeln!(
            report,
            "{file}: the transcript leaves job {running:?} running; stop it"
        );
    }
    if !untidy.is_empty() {
        faults.push(Fault::Status);
        let untidy = untidy.join(", ");
        let _ = writeln!(report, "{file}: left behind by the commands: {untidy}");
    }
    Ok(Outcome {
        faults,
        records,
        report,
    })
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
    /// How many jobs there were when the first one was stopped: the numbers that
    /// all shells agree on.
    numbered: Option<usize>,
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
        let mut start = Instant::now();
        let mut started = start;
        let mut watched = vec![Arc::clone(&self.terminal.watched)];
        watched.extend(
            self.jobs
                .iter()
                .flatten()
                .map(|job| Arc::clone(&job.watched)),
        );
        let deadline = start + last_due.unwrap_or_default() + DEADLINE;
        let mut status = None;
        if command.background {
            let job = self.terminal.start(&job(&text))?;
            (start, started) = job.began;
            watched.push(Arc::clone(&job.watched));
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
        } else if let Some((signal, number)) = kill(&command.text)? {
            let index = self.job(number)?;
            let mut stopped = self.jobs[index]
                .take()
                .with_context(|| format!("job {} is gone", index + 1))?;
            if let Some(status) = stopped.ended()? {
                self.terminal.catch_up(&mut lines)?;
                bail!(
                    "job {} ended by itself, with status {status}; it printed {:?}",
                    index + 1,
                    lines.iter().map(|line| &line.text).collect::<Vec<_>>()
                );
            }
            stopped.signal(signal)?;
            if ["INT", "TERM", "KILL"].contains(&signal) {
                status = self.terminal.wait(&mut stopped, deadline, &mut lines)?;
                self.numbered.get_or_insert(self.jobs.len());
            } else {
                status = Some(0);
                self.jobs[index] = Some(stopped);
                self.linger(command, &mut lines, unordered)?;
            }
        } else {
            let mut job = self.terminal.start(&text)?;
            (start, started) = job.began;
            watched.push(Arc::clone(&job.watched));
            status = self.terminal.wait(&mut job, deadline, &mut lines)?;
            if command.text.contains("cargo run ")
                && let Some(last) = lines.last_mut()
                && !last.is_whole
            {
                last.text.push_str("[no end of line]");
            }
            if self.jobs.iter().any(Option::is_some) {
                self.linger(command, &mut lines, unordered)?;
            }
        }
        self.show_ports(&mut lines);
        for watched in &watched {
            watched.sample();
        }
        Ok(Ran {
            start,
            started,
            watched,
            lines,
            status,
        })
    }

    /// The index of the job that a shell knows by this number, or of the newest.
    ///
    /// Bash and zsh number a job that is started after another one has stopped
    /// in different ways, so such a job goes by `%%` only.
    fn job(&self, number: Option<usize>) -> Result<usize> {
        let Some(number) = number else {
            let newest = self.jobs.iter().rposition(Option::is_some);
            return newest.context("no job runs");
        };
        if number > self.jobs.len() {
            bail!("there is no job %{number}");
        }
        if self.numbered.is_some_and(|numbered| number > numbered) {
            bail!("shells differ in the number of this job: write `%%`");
        }
        Ok(number - 1)
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
        let mut done = cargo_runs(&text, |run| {
            let path = program(run.package, run.binary, run.release)?;
            Ok(format!("'{}'", path.display()))
        })?;
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
