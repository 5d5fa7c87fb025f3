//! An example's header, read from its source text: the title, the lead, the
//! transcripts, how to copy it.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

/// How late a line may appear, and how much too high a printed time may be.
pub const STEP: Duration = Duration::from_millis(100);
/// Noted times are multiples of this.
pub const GRID: Duration = Duration::from_millis(50);

/// What the `//!` lines at the top of an example say.
#[derive(Debug)]
pub struct Header {
    /// The first sentence, which is also the example's row in the README.
    pub title: String,
    /// How many words the lead has, its lists not counted.
    pub lead_words: usize,
    /// The `console` blocks, each a shell session of its own.
    pub transcripts: Vec<Transcript>,
    /// The item that "The part to reuse starts at `Item`." names: the part of
    /// the file from this item on is what one copies.
    pub take: Option<String>,
    /// The `cargo add` commands after which the file builds by itself.
    pub copy: Vec<String>,
}

/// One `console` block.
#[derive(Debug)]
pub struct Transcript {
    /// Whether the order of each command's lines is left to the scheduler.
    pub unordered: bool,
    /// Whether it computes for a second or more, and so must not run beside
    /// another one that does.
    pub busy: bool,
    /// The commands, in the order in which they are typed.
    pub commands: Vec<Command>,
}

/// A command line and what follows it on the screen.
#[derive(Debug)]
pub struct Command {
    /// The line of the file on which it stands, counted from 1.
    pub line: usize,
    /// What is typed, without the `$` and a closing `&`.
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
    /// The line of the file on which it stands, counted from 1.
    pub line: usize,
    /// Its text. `[..]` stands for any text, `~` before a number says that the
    /// number differs from run to run, and `...` alone stands for any lines.
    pub text: String,
    /// When it appears, counted from the start of its command: what its margin
    /// note says or, without one, when the line above it appears. `None` where
    /// no line of the command has a note: then time is not checked.
    pub due: Option<Duration>,
}

/// What a margin note such as `# 1.1 s, exit 1` says.
#[derive(Debug, Default, PartialEq)]
struct Note {
    due: Option<Duration>,
    exit: Option<i32>,
}

impl Header {
    /// Reads the header of an example from its source text.
    ///
    /// # Errors
    ///
    /// If a part is missing or cannot be understood; the error names the line
    /// and says what is right.
    pub fn parse(source: &str) -> Result<Self> {
        let lines: Vec<&str> = source
            .lines()
            .map_while(|line| line.strip_prefix("//!"))
            .map(|line| line.strip_prefix(' ').unwrap_or(line))
            .collect();
        let title = lines.first().copied().unwrap_or_default().to_string();
        ensure!(
            title.ends_with('.') && lines.get(1).is_none_or(|it| it.is_empty()),
            "line 1: begin with the title: one line that ends with a full stop, \
             then an empty `//!` line"
        );

        let blocks = blocks(&lines)?;
        let mut transcripts = Vec::new();
        let mut copy = Vec::new();
        for (number, kind, block) in &blocks {
            if let Some(kind) = kind.strip_prefix("console") {
                let mut transcript = Transcript::parse(block)?;
                for word in kind.split(',').skip(1) {
                    match word {
                        "unordered" => transcript.unordered = true,
                        "busy" => transcript.busy = true,
                        _ => bail!(
                            "line {number}: no such block: ```{kind}; there are \
                             console, console,unordered and console,busy"
                        ),
                    }
                }
                transcript.check(*number)?;
                transcripts.push(transcript);
            } else if *kind == "sh" {
                copy = block.iter().map(|(_, line)| (*line).to_string()).collect();
            }
        }
        ensure!(
            !transcripts.is_empty(),
            "the header has no ```console block"
        );

        let prose = prose(&lines);
        let rest = prose
            .rsplit_once("Copy it with")
            .context("the header ends with \"Copy it with `cargo add …`.\"")?
            .1;
        if copy.is_empty() {
            let command = rest.trim().strip_prefix('`');
            let command = command.and_then(|it| it.strip_suffix("`."));
            let command = command.filter(|it| !it.contains('`')).context(
                "after \"Copy it with\" comes one command, \"`cargo add …`.\", or \
                 an ```sh block with a `cargo add` command on each line",
            )?;
            copy = vec![command.to_string()];
        }
        for command in &copy {
            ensure!(
                command.starts_with("cargo add "),
                "how to copy it: `{command}` is not a `cargo add` command"
            );
        }
        let take = prose
            .split_once("The part to reuse starts at `")
            .and_then(|(_, rest)| rest.split_once('`'))
            .map(|(name, _)| name.to_string());
        Ok(Self {
            title,
            lead_words: lead_words(&lines),
            transcripts,
            take,
            copy,
        })
    }

    /// Whether any of its transcripts computes for a second or more.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.transcripts.iter().any(|transcript| transcript.busy)
    }

    /// Its commands, those of all transcripts one after the other.
    pub fn commands(&self) -> impl Iterator<Item = &Command> {
        self.transcripts
            .iter()
            .flat_map(|transcript| &transcript.commands)
    }
}

/// The lines of a block of code, with their numbers, counted from 1.
type Lines<'a> = Vec<(usize, &'a str)>;

/// The fenced blocks: the number of the first line, the kind, the lines inside.
fn blocks<'a>(lines: &[&'a str]) -> Result<Vec<(usize, &'a str, Lines<'a>)>> {
    let mut blocks = Vec::new();
    let mut rest = lines.iter().enumerate();
    while let Some((number, line)) = rest.next() {
        let Some(kind) = line.strip_prefix("```") else {
            continue;
        };
        let mut block = Vec::new();
        loop {
            let (inner, line) = rest
                .next()
                .with_context(|| format!("line {}: the block has no end", number + 1))?;
            if *line == "```" {
                break;
            }
            block.push((inner + 1, *line));
        }
        blocks.push((number + 1, kind, block));
    }
    Ok(blocks)
}

/// The header without its blocks, on one line.
fn prose(lines: &[&str]) -> String {
    let mut prose = Vec::new();
    let mut fenced = false;
    for line in lines {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            prose.push(*line);
        }
    }
    prose.join(" ")
}

/// Counts the words between the title and the first block; a list does not
/// count.
fn lead_words(lines: &[&str]) -> usize {
    lines
        .iter()
        .skip(1)
        .take_while(|line| !line.starts_with("```"))
        .filter(|line| !line.starts_with("- ") && !line.starts_with("  "))
        .map(|line| line.split_whitespace().count())
        .sum()
}

impl Transcript {
    fn parse(block: &[(usize, &str)]) -> Result<Self> {
        let mut commands: Vec<Command> = Vec::new();
        for &(number, line) in block {
            let at = || format!("line {number}: {line}");
            if let Some(text) = line.strip_prefix("$ ") {
                ensure!(
                    !text.contains(" # "),
                    "line {number}: a line that is typed has no comment, since zsh \
                     passes it to the program; `# exit 1` goes behind the last \
                     line that is printed"
                );
                let text = text.trim_end();
                let (text, background) = match text.strip_suffix(" &") {
                    Some(text) => (text, true),
                    None => (text, false),
                };
                commands.push(Command {
                    line: number,
                    text: text.to_string(),
                    background,
                    exit: 0,
                    expected: Vec::new(),
                });
                continue;
            }
            let Some(command) = commands.last_mut() else {
                bail!("line {number}: a console block begins with a `$ ` line");
            };
            let (text, note) = margin_note(line).with_context(at)?;
            ensure!(
                command.exit == 0,
                "line {number}: `# exit` stands behind the last line of a command"
            );
            command.exit = note.exit.unwrap_or_default();
            if text.is_empty() && note.exit.is_some() {
                ensure!(
                    note.due.is_none(),
                    "line {number}: an exit note without a line has no time"
                );
                continue;
            }
            command.expected.push(Expected {
                line: number,
                text: text.into(),
                due: note.due,
            });
        }
        for command in &mut commands {
            if command.expected.iter().any(|line| line.due.is_some()) {
                let mut due = Duration::ZERO;
                for line in &mut command.expected {
                    due = line.due.unwrap_or(due);
                    // Lines that are left out may come whenever they like.
                    if line.due.is_some() || line.text != "..." {
                        line.due = Some(due);
                    }
                }
            }
        }
        Ok(Self {
            unordered: false,
            busy: false,
            commands,
        })
    }

    /// Checks what depends on the kind of block; `number` is its first line.
    fn check(&self, number: usize) -> Result<()> {
        let mut lines = self.commands.iter().flat_map(|it| &it.expected);
        ensure!(
            !(self.unordered && lines.clone().any(|line| line.text == "...")),
            "line {number}: `...` says nothing where the order is open"
        );
        ensure!(
            !(self.busy && lines.any(|line| line.due.is_some())),
            "line {number}: a block that is `busy` has no times"
        );
        Ok(())
    }
}

/// Takes a note such as `# 200 ms`, `# 1.1 s` or `# 2 s, exit 1` off a line.
fn margin_note(line: &str) -> Result<(&str, Note)> {
    let (text, note) = match line.strip_prefix("# ") {
        Some(note) => ("", note),
        None => match line.rsplit_once("  # ") {
            Some((text, note)) => (text, note),
            None => return Ok((line, Note::default())),
        },
    };
    if !note.starts_with(|c: char| c.is_ascii_digit()) && !note.starts_with("exit ") {
        return Ok((line, Note::default()));
    }
    let mut read = Note::default();
    for part in note.split(", ") {
        if let Some(status) = part.strip_prefix("exit ") {
            read.exit = Some(status.parse().context("no exit status")?);
        } else {
            read.due = Some(time(part)?);
        }
    }
    Ok((text.trim_end(), read))
}

/// Reads a time such as `200 ms`, `1.1 s` or `3 s`.
fn time(text: &str) -> Result<Duration> {
    const FORM: &str = "a time is written `# 200 ms`, `# 1.1 s` or `# 3 s`";
    let (number, unit) = text.split_once(' ').context(FORM)?;
    let milliseconds: u64 = match unit {
        "ms" => number.parse().context(FORM)?,
        "s" => {
            let (whole, part) = number.split_once('.').unwrap_or((number, ""));
            ensure!(part.len() <= 2, FORM);
            let hundredths: u64 = format!("{part:0<2}").parse().context(FORM)?;
            whole.parse::<u64>().context(FORM)? * 1000 + hundredths * 10
        }
        _ => bail!(FORM),
    };
    ensure!(
        unit == "s" || milliseconds < 1000,
        "from a second on, a time is written in seconds: `# 1.1 s`"
    );
    let time = Duration::from_millis(milliseconds);
    ensure!(
        time.as_millis().is_multiple_of(GRID.as_millis()),
        "times are noted in steps of 50 ms"
    );
    Ok(time)
}

/// Writes a time as a margin note does: `200 ms`, `1.1 s`.
#[must_use]
pub fn show(time: Duration) -> String {
    match time.as_millis() {
        short @ ..1000 => format!("{short} ms"),
        long if long.is_multiple_of(1000) => format!("{} s", long / 1000),
        long => {
            let text = format!("{}.{:03}", long / 1000, long % 1000);
            format!("{} s", text.trim_end_matches('0'))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(block: &str) -> Result<Header> {
        let block = block.replace('\n', "\n//! ");
        Header::parse(&format!(
            "//! A title.\n//!\n//! Two words.\n//!\n//! ```{block}\n//! ```\n//!\n\
             //! Copy it with `cargo add tokio`.\n"
        ))
    }

    /// The only transcript of a header.
    fn transcript(block: &str) -> Transcript {
        header(block).unwrap().transcripts.remove(0)
    }

    fn error(block: &str) -> String {
        format!("{:#}", header(block).unwrap_err())
    }

    #[test]
    fn notes() {
        for (line, text, due, exit) in [
            ("one  # 200 ms", "one", Some(200), None),
            ("one  # 50 ms", "one", Some(50), None),
            ("one     # 1.1 s", "one", Some(1100), None),
            ("one  # 3 s, exit 1", "one", Some(3000), Some(1)),
            ("one  # exit 137", "one", None, Some(137)),
            ("one  # 1.05 s", "one", Some(1050), None),
            ("# exit 2", "", None, Some(2)),
            ("a  # comment", "a  # comment", None, None),
            ("# a heading", "# a heading", None, None),
            ("a # 200 ms", "a # 200 ms", None, None),
        ] {
            let note = Note {
                due: due.map(Duration::from_millis),
                exit,
            };
            assert_eq!(margin_note(line).unwrap(), (text, note), "{line}");
        }
    }

    #[test]
    fn wrong_notes() {
        for (line, message) in [
            ("one  # 100ms", "`# 200 ms`, `# 1.1 s`"),
            ("one  # 120 ms", "steps of 50 ms"),
            ("one  # 1100 ms", "`# 1.1 s`"),
            ("one  # 1.111 s", "`# 1.1 s`"),
            ("one  # 2 min", "`# 1.1 s`"),
            ("one  # exit one", "exit status"),
        ] {
            let error = format!("{:#}", margin_note(line).unwrap_err());
            assert!(error.contains(message), "{line}: {error}");
        }
    }

    #[test]
    fn times_are_shown_as_they_are_noted() {
        for text in ["0 ms", "50 ms", "950 ms", "1 s", "1.1 s", "1.05 s", "10 s"] {
            assert_eq!(show(time(text).unwrap()), text);
        }
    }

    #[test]
    fn a_line_without_a_note_is_due_with_the_line_above() {
        let block = "console\n$ a\nzero\none  # 100 ms\ntwo\n$ b\nthree";
        let commands = transcript(block).commands;
        let due = |command: usize, line: usize| commands[command].expected[line].due;
        assert_eq!(due(0, 0), Some(Duration::ZERO));
        assert_eq!(due(0, 2), Some(Duration::from_millis(100)));
        assert_eq!(due(1, 0), None);
    }

    #[test]
    fn exit_notes_belong_to_the_command_above() {
        let block = "console\n$ a &\nup\n$ kill -KILL %1\n# exit 137\n$ b\nno  # exit 1";
        let commands = transcript(block).commands;
        assert!(commands[0].background);
        assert_eq!(commands[0].exit, 0);
        assert_eq!((commands[1].exit, commands[1].expected.len()), (137, 0));
        assert_eq!((commands[2].exit, commands[2].expected[0].line), (1, 11));
    }

    #[test]
    fn kinds_of_blocks() {
        assert!(transcript("console,unordered\n$ a").unordered);
        assert!(header("console,busy\n$ a").unwrap().is_busy());
        assert!(error("console,quick\n$ a").contains("line 5: no such block"));
        assert!(error("console,busy\n$ a\nb  # 1 s").contains("has no times"));
        assert!(error("console,unordered\n$ a\n...").contains("order is open"));
        assert!(error("console\n$ a  # exit 1").contains("line 6: a line that is typed"));
        assert!(error("console\none").contains("line 6: a console block begins"));
        assert!(error("console\n$ a\nb  # exit 1\nc").contains("line 8: `# exit` stands"));
    }

    #[test]
    fn how_to_copy() {
        let text =
            |end: &str| format!("//! A title.\n//!\n//! ```console\n//! $ a\n//! ```\n{end}");
        let block = "//! The part to reuse starts at `Pool`. Copy it with\n//!\n\
                     //! ```sh\n//! cargo add a\n//! cargo add b -F c\n//! ```\n";
        let header = Header::parse(&text(block)).unwrap();
        assert_eq!(header.copy, ["cargo add a", "cargo add b -F c"]);
        assert_eq!(header.take.as_deref(), Some("Pool"));
        let line = "//! Copy it with `cargo add a`.\n";
        assert_eq!(Header::parse(&text(line)).unwrap().copy, ["cargo add a"]);
        for wrong in [
            "",
            "//! Copy it with `cargo add a` and `cargo add b`.\n",
            "//! Copy it with\n//!\n//! ```sh\n//! rm\n//! ```\n",
        ] {
            assert!(Header::parse(&text(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_lead_is_counted_without_lists() {
        let header = |lead: &str| {
            let text = format!(
                "//! A title.\n//!\n{lead}//!\n//! ```console\n//! $ a\n//! ```\n\
                 //! Copy it with `cargo add a`.\n"
            );
            Header::parse(&text).unwrap().lead_words
        };
        assert_eq!(header("//! Two words.\n"), 2);
        assert_eq!(header("//! It adds:\n//!\n//! - a\n//!   list\n"), 2);
    }
}
