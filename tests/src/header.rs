//! An example's header: its title, its transcripts, how to copy it.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

/// All noted times are multiples of this, and a line may be this late.
pub const STEP: Duration = Duration::from_millis(100);

/// What the `//!` lines at the top of an example say.
#[derive(Debug)]
pub struct Header {
    /// The first sentence, as it stands in the README's index.
    pub title: String,
    /// The `console` blocks, each a shell session of its own.
    pub transcripts: Vec<Transcript>,
    /// The `cargo add` commands after which the file builds by itself.
    pub copy: Vec<String>,
}

/// One `console` block.
#[derive(Debug)]
pub struct Transcript {
    /// Whether the order of each command's lines is left to the scheduler.
    pub unordered: bool,
    /// The commands, in the order in which they are typed.
    pub commands: Vec<Command>,
}

/// A command line and what follows it on the terminal.
#[derive(Debug)]
pub struct Command {
    /// The line of the file that it stands on, counted from 1.
    pub line: usize,
    /// What is typed, without the `$`, a closing `&` and a note.
    pub text: String,
    /// Whether it ends in `&`, and so runs beside the commands after it.
    pub background: bool,
    /// The status that it, or the job that it stops, must exit with.
    pub exit: i32,
    /// The lines that appear before the next command.
    pub expected: Vec<Expected>,
}

/// A line that must appear.
#[derive(Debug)]
pub struct Expected {
    /// Its text, in which `[..]` stands for any text; `...` alone stands for
    /// any number of lines.
    pub text: String,
    /// When it appears, counted from the start of its command: what its margin
    /// note says or, without one, when the line above it appears. `None` where
    /// no line of the command has a note: then nothing is said of time.
    pub due: Option<Duration>,
}

impl Header {
    /// Reads the header of an example from its source text.
    ///
    /// # Errors
    ///
    /// If a part is missing or cannot be understood; the error names the line.
    pub fn parse(source: &str) -> Result<Self> {
        let lines: Vec<&str> = source
            .lines()
            .map_while(|line| line.strip_prefix("//!"))
            .map(|line| line.strip_prefix(' ').unwrap_or(line))
            .collect();
        let title = lines.first().copied().unwrap_or_default().to_string();
        ensure!(
            title.ends_with('.') && lines.get(1).is_none_or(|it| it.is_empty()),
            "line 1: the header begins with a title, one sentence on one line"
        );

        let mut transcripts = Vec::new();
        let mut rest = lines.iter().enumerate();
        while let Some((number, line)) = rest.next() {
            let Some(kind) = line.strip_prefix("```console") else {
                continue;
            };
            let block = rest
                .by_ref()
                .map(|(number, line)| (number + 1, *line))
                .take_while(|(_, line)| *line != "```")
                .collect();
            let unordered = match kind {
                "" => false,
                ",unordered" => true,
                _ => bail!("line {}: no such block: {line}", number + 1),
            };
            transcripts.push(Transcript::parse(unordered, block)?);
        }
        ensure!(!transcripts.is_empty(), "the header has no console block");

        let text = lines.join(" ");
        let copy = text
            .rsplit_once("Copy it with ")
            .context("the header ends with a line \"Copy it with `cargo add …`.\"")?;
        let copy: Vec<String> = copy
            .1
            .split('`')
            .filter(|part| part.starts_with("cargo add "))
            .map(str::to_string)
            .collect();
        ensure!(!copy.is_empty(), "the copy line has no `cargo add` command");
        Ok(Self {
            title,
            transcripts,
            copy,
        })
    }
}

impl Transcript {
    fn parse(unordered: bool, block: Vec<(usize, &str)>) -> Result<Self> {
        let mut commands: Vec<Command> = Vec::new();
        for (number, line) in block {
            let at = || format!("line {number}: {line}");
            if let Some(text) = line.strip_prefix("$ ") {
                let (text, exit) = match text.rsplit_once("  # exit ") {
                    Some((text, exit)) => (text, exit.parse().with_context(at)?),
                    None => (text, 0),
                };
                let text = text.trim_end();
                let (text, background) = match text.strip_suffix(" &") {
                    Some(text) => (text, true),
                    None => (text, false),
                };
                commands.push(Command {
                    line: number,
                    text: text.to_string(),
                    background,
                    exit,
                    expected: Vec::new(),
                });
            } else if let Some(command) = commands.last_mut() {
                let (text, due) = margin_note(line).with_context(at)?;
                command.expected.push(Expected {
                    text: text.into(),
                    due,
                });
            } else {
                bail!("line {number}: a console block begins with a `$ ` line");
            }
        }
        for command in &mut commands {
            let any = command.expected.iter().any(|line| line.text == "...");
            ensure!(
                !(unordered && any),
                "line {}: `...` says nothing where the order is open",
                command.line
            );
            if command.expected.iter().any(|line| line.due.is_some()) {
                let mut due = Duration::ZERO;
                for line in &mut command.expected {
                    due = line.due.unwrap_or(due);
                    line.due = Some(due);
                }
            }
        }
        Ok(Self {
            unordered,
            commands,
        })
    }
}

/// Takes a note such as `# 200 ms` or `# 2 s` off the end of a line.
fn margin_note(line: &str) -> Result<(&str, Option<Duration>)> {
    let Some((text, note)) = line.rsplit_once("  # ") else {
        return Ok((line, None));
    };
    let Some((number, unit)) = note.split_once(' ') else {
        return Ok((line, None));
    };
    let milliseconds = match (number.parse::<u32>(), unit) {
        (Ok(number), "ms") => number,
        (Ok(number), "s") => number * 1000,
        _ => return Ok((line, None)),
    };
    ensure!(
        milliseconds % 100 == 0,
        "noted times are multiples of 100 ms"
    );
    let due = Duration::from_millis(milliseconds.into());
    Ok((text.trim_end(), Some(due)))
}
