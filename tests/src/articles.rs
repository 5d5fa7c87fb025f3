//! The five tutorial articles beside which the examples are read: what a reader
//! of each section must find in the example that the README links to.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::Header;
use crate::pattern::{Match, Pattern, Shown, Unit};
use crate::workspace::{Example, examples};

/// An article: its title as the README has it, and its sections.
#[derive(Debug)]
pub struct Article {
    /// The title.
    pub title: &'static str,
    /// The sections, in their order.
    pub sections: &'static [Section],
}

/// A section of an article.
#[derive(Debug)]
pub struct Section {
    /// Its heading, as the README has it.
    pub heading: &'static str,
    /// Functions and types that its sample names.
    pub names: &'static [&'static str],
    /// Lines that its sample prints.
    pub lines: &'static [&'static str],
    /// Durations of its sample, in milliseconds, that a run shows.
    pub durations: &'static [u64],
}

/// A section without a sample.
const fn prose(heading: &'static str) -> Section {
    sample(heading, &[], &[], &[])
}

const fn sample(
    heading: &'static str,
    names: &'static [&'static str],
    lines: &'static [&'static str],
    durations: &'static [u64],
) -> Section {
    Section {
        heading,
        names,
        lines,
        durations,
    }
}

/// The articles, with what their samples name, print and wait.
pub const ARTICLES: [Article; 5] = [
    Article {
        title: "Mastering Asynchronous Programming in Rust",
        sections: &[
            sample("Understanding Futures", &["example_future"], &["42"], &[]),
            sample(
                "The async/await Syntax",
                &["fetch_data"],
                &["Data fetched!"],
                &[1000],
            ),
            sample(
                "Spawning Tasks with Tokio",
                &["task"],
                &[
                    "Task 1 started",
                    "Task 2 started",
                    "Task 1 finished",
                    "Task 2 finished",
                ],
                &[2000],
            ),
            sample("Using async with I/O", &[], &[], &[]),
            sample(
                "Error Handling in Async",
                &["read_file"],
                &["File contents: [..]", "Error: [..]"],
                &[],
            ),
            sample(
                "Building a Simple Async App",
                &["fetch_url"],
                &["Downloaded 1400 bytes"],
                &[],
            ),
            prose("Conclusion"),
        ],
    },
    Article {
        title: "What is Async Programming?",
        sections: &[
            prose("What is Async Programming?"),
            prose("Components of Rust Async Programming"),
            sample(
                "Basic Async Function",
                &["download_file"],
                &[
                    "Program started!",
                    "Starting file download...",
                    "File download completed!",
                    "All tasks finished!",
                ],
                &[2000],
            ),
            sample(
                "Running Multiple Async Tasks",
                &["download_file", "process_data"],
                &[
                    "Download started...",
                    "Data processing started...",
                    "Data processing finished!",
                    "Download completed!",
                    "All tasks finished successfully!",
                ],
                &[2000, 3000],
            ),
            sample(
                "Tokio: Popular Async Runtime",
                &["greet_user"],
                &[
                    "Program started",
                    "Hello! Preparing your greeting...",
                    "Greeting ready: Welcome to async Rust!",
                    "Program finished",
                ],
                &[2000],
            ),
            sample(
                "Spawning Tasks",
                &[],
                &[
                    "Main task is doing other work...",
                    "🔧 Background task started...",
                    "Background task completed!",
                    "Main task finished!",
                ],
                &[2000, 3000],
            ),
            sample(
                "Async I/O",
                &[],
                &[
                    "Reading file content asynchronously...",
                    "File content:",
                    "Hello Async!",
                    "Program continues after reading the file!",
                    "Failed to read file: [..]",
                ],
                &[],
            ),
            sample(
                "Error Handling in Async",
                &["fetch_user_data"],
                &[
                    "Fetching user data...",
                    "Error: Invalid user ID!",
                    "User data for ID 7 fetched successfully!",
                    "Program continues running...",
                ],
                &[2000],
            ),
        ],
    },
    Article {
        title: "Rust Asynchronous Programming Guide",
        sections: &[
            prose("Why Async Programming"),
            sample(
                "Sync vs Async",
                &["fetch_data", "fetch_data_async"],
                &[],
                &[2000],
            ),
            sample("Future Trait", &["poll"], &[], &[]),
            sample(
                "async/await Syntax",
                &["process_request", "connect_db", "process_data"],
                &[],
                &[],
            ),
            sample(
                "Basic Usage",
                &[],
                &[
                    "Task 1 running",
                    "Task 2 running",
                    "Task 1 completed",
                    "Task 2 completed",
                ],
                &[1000, 2000],
            ),
            sample(
                "Concurrent Processing",
                &["producer", "consumer"],
                &["Received: 0", "Received: 9"],
                &[100],
            ),
            sample("Error Handling", &["fetch_user"], &[], &[]),
            sample("Timeout Handling", &["fetch_with_timeout"], &[], &[1000]),
            sample("Connection Pooling", &["create_pool"], &[], &[]),
            sample("Select and Join", &["race_operations"], &[], &[]),
            sample(
                "Stream Processing",
                &["process_stream"],
                &[
                    "Processing: 1",
                    "Processing: 2",
                    "Processing: 3",
                    "Processing: 4",
                    "Processing: 5",
                ],
                &[],
            ),
            sample("Reduce Context Switching", &["process_item"], &[], &[]),
            sample("Use Buffered Channels", &[], &[], &[]),
            sample(
                "Building an HTTP Server",
                &["handler", "Response"],
                &["{\"message\":\"Hello, World!\"}"],
                &[],
            ),
        ],
    },
    Article {
        title: "Rust Async/Await: Asynchronous Programming",
        sections: &[
            prose("Key Insights"),
            sample(
                "Understanding Async in Rust",
                &[
                    "fetch_data_sync",
                    "fetch_data_async",
                    "sync_example",
                    "async_example",
                ],
                &["Sync took: 6.0 s", "Async took: 2.0 s"],
                &[2000, 6000],
            ),
            sample(
                "Futures and the Runtime",
                &["simple_async", "SimpleAsyncFuture"],
                &[],
                &[],
            ),
            sample(
                "Futures and the Runtime: `#[tokio::main]`",
                &["fetch_user_data"],
                &["Result: User data for ID: 42"],
                &[100],
            ),
            sample(
                "Async/Await Fundamentals",
                &["fetch_user", "process_users", "User"],
                &["Fetched: User { id: 1, name: \"Ada\" }"],
                &[],
            ),
            sample(
                "Concurrent Execution with Tokio",
                &["fetch_data"],
                &["Fast source won: Data from Fast"],
                &[50, 200, 300],
            ),
            sample(
                "Practical Patterns: timeouts",
                &["fetch_with_timeout", "fetch_data"],
                &[],
                &[1000],
            ),
            sample(
                "Practical Patterns: blocking",
                &["bad_example", "good_example", "cpu_intensive_work"],
                &[],
                &[],
            ),
            sample(
                "Efficient iteration",
                &["sequential_processing", "concurrent_processing"],
                &[],
                &[],
            ),
            sample(
                "Real-World Example: Async HTTP Server",
                &["get_user", "create_user", "User"],
                &["Server running on http://127.0.0.1:3000"],
                &[],
            ),
            prose("Moving Forward"),
        ],
    },
    Article {
        title: "Why Asynchronous Programming?",
        sections: &[
            prose("Why Asynchronous Programming?"),
            prose("The Async Runtime"),
            prose("Setting Up Tokio"),
            prose("Understanding Futures and Tasks"),
            sample(
                "Writing Async Functions / The Await Keyword",
                &["say_hello"],
                &[],
                &[],
            ),
            sample("Running Tasks Concurrently", &["task1", "task2"], &[], &[]),
            sample(
                "Concurrent Execution with Tokio",
                &["task1", "task2"],
                &[],
                &[],
            ),
            prose("Joining Tasks"),
            prose("Best Practices"),
        ],
    },
];

/// Checks that the README leads from each section of the articles to examples in
/// which its reader finds the sample again: its names, lines and durations.
///
/// # Errors
///
/// If a section has no row, two, or one whose examples lack something; the error
/// names the section and what is missing.
pub fn check_articles(root: &Path, articles: &[Article]) -> Result<()> {
    let readme = fs::read_to_string(root.join("README.md"))?;
    let all = examples(root)?;
    for article in articles {
        let title = format!("\n### {}\n", article.title);
        let (_, part) = readme
            .split_once(&title)
            .with_context(|| format!("README.md, Reading along: no part \"{}\"", title.trim()))?;
        let part = part.split("\n## ").next().unwrap_or_default();
        let part = part.split("\n### ").next().unwrap_or_default();
        for section in article.sections {
            let at = format!("README.md, {}, {}", article.title, section.heading);
            let begin = format!("| {} |", section.heading);
            let mut rows = part.lines().filter(|line| line.starts_with(&begin));
            let row = rows
                .next()
                .with_context(|| format!("{at}: no row begins with \"{begin}\""))?;
            ensure!(rows.next().is_none(), "{at}: two rows");
            // The README promises that the first one holds the sample.
            let first = row.split_inclusive("](").nth(1).map(|rest| {
                let file = rest.split(')').next().unwrap_or_default();
                all.iter().find(|it| it.file.display().to_string() == file)
            });
            let example = first
                .flatten()
                .with_context(|| format!("{at}: its first link is not to an example"))?;
            check_section(root, section, example).context(at)?;
        }
    }
    Ok(())
}

/// The examples to whose files a text links.
fn linked<'a>(text: &str, all: &'a [Example]) -> Vec<&'a Example> {
    let links = text.split("](").skip(1);
    let links: BTreeSet<&str> = links.filter_map(|link| link.split(')').next()).collect();
    all.iter()
        .filter(|example| links.contains(example.file.display().to_string().as_str()))
        .collect()
}

fn check_section(root: &Path, section: &Section, example: &Example) -> Result<()> {
    let name_of_example = &example.name;
    let source = example.source(root)?;
    let header = Header::parse(&source).with_context(|| example.file.display().to_string())?;
    for name in section.names {
        let mut items = ["fn", "struct"]
            .map(|kind| format!("{kind} {name}"))
            .into_iter();
        let stands = items.any(|item| {
            let mut rests = source.split(item.as_str()).skip(1);
            rests.any(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
        });
        ensure!(
            stands,
            "no `{name}` in `{name_of_example}`, which the article's sample has"
        );
    }
    let expected: Vec<Pattern> = header
        .commands()
        .flat_map(|command| &command.expected)
        .map(|line| Pattern::new(&line.text))
        .collect();
    for line in section.lines {
        let stands = |pattern: &Pattern| {
            !pattern.is_any_lines()
                && (pattern.matches(line) == Match::Yes
                    || Pattern::new(line).matches(pattern.text()) == Match::Yes)
        };
        ensure!(
            expected.iter().any(stands),
            "no transcript of `{name_of_example}` has the article's line: {line}"
        );
    }
    for &duration in section.durations {
        let duration = Duration::from_millis(duration);
        let shows = header.commands().any(|command| {
            let dues = command.expected.iter().filter_map(|line| line.due);
            let dues: BTreeSet<Duration> = dues.chain([Duration::ZERO]).collect();
            dues.iter().any(|due| dues.contains(&(*due + duration)))
        });
        ensure!(
            shows,
            "no two lines of `{name_of_example}` are {duration:?} apart, as in the article"
        );
    }
    Ok(())
}

/// Checks that each figure behind a `~` in the README lies in the range of a
/// figure in the header of an example that the same line links to.
///
/// # Errors
///
/// If one does not; the error names the figure and what the headers show.
pub fn check_figures(root: &Path) -> Result<()> {
    let readme = fs::read_to_string(root.join("README.md"))?;
    let all = examples(root)?;
    for (index, line) in readme.lines().enumerate() {
        let pattern = Pattern::new(line);
        let figures = pattern.shown();
        if figures.is_empty() || line.contains("  # ") || line.starts_with("| `~") {
            continue;
        }
        let mut shown = Vec::new();
        for example in linked(line, &all) {
            let header = Header::parse(&example.source(root)?)?;
            for expected in header.commands().flat_map(|it| &it.expected) {
                shown.extend_from_slice(Pattern::new(&expected.text).shown());
            }
            // A list says what a scenario has measured.
            let source = example.source(root)?;
            for line in source.lines().filter(|line| line.starts_with("//! - ")) {
                shown.extend_from_slice(Pattern::new(line).shown());
            }
        }
        for figure in figures {
            if !shown.iter().any(|other| is_near(figure, other)) {
                let shown: Vec<String> = shown
                    .iter()
                    .map(|it| format!("~{} {}", it.number, it.word))
                    .collect();
                bail!(
                    "README.md:{}: ~{} {} is not in the range of a figure of the examples that \
                     the line links to: {}",
                    index + 1,
                    figure.number,
                    figure.word,
                    shown.join(", ")
                );
            }
        }
    }
    Ok(())
}

/// Whether two figures of one unit are so near that a run could print either.
fn is_near(one: &Shown, other: &Shown) -> bool {
    let factor = if one.unit == Unit::Speed { 5.0 } else { 2.0 };
    let ratio = one.number / other.number;
    one.word == other.word && (1.0 / factor..=factor).contains(&ratio)
}
