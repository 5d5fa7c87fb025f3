//! Runs every example and holds it to its header.

use std::cmp::Reverse;
use std::env;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::header::Transcript;
use harness::suite::{
    Company, NO_POSTGRESQL, Turn, cannot_run, excuse, is_without_postgresql, test,
};
use harness::transcript::{Checked, Conditions};
use harness::workspace::{Example, examples, root};
use harness::{Header, transcript};
use libtest_mimic::{Completion, Trial};
use tokio::runtime::Runtime;

use crate::scenarios::support::postgres::leaves_no_table;

/// One test for each example: those first that compute, which wait for one
/// another, then the longest.
pub fn tests() -> Result<Vec<Trial>> {
    let mut tests = Vec::new();
    let mut examples = examples(root())?;
    // One that notes no time may take long all the same.
    let medium = Duration::from_secs(2);
    examples.sort_by_cached_key(|example| {
        let time = noted_time(example).unwrap_or(medium);
        Reverse((is_busy(example), time))
    });
    for example in examples {
        // One that needs a server shows in a `text` block what it does with it.
        let needs_server = example.source(root())?.contains("```text\n//! $ ");
        if example.sources(root())?.contains("\"DATABASE_URL\"") && !needs_server {
            tests.push(on_postgresql(example.clone()));
        }
        let busy = is_busy(&example);
        let company = if busy {
            Company::Sleepers
        } else {
            Company::Any
        };
        let name = example.test_name();
        tests.push(test(name, company, move |turn| check(&example, &[], turn)));
    }
    Ok(tests)
}

/// Whether its header says so; one that cannot be read fails in its test.
pub fn is_busy(example: &Example) -> bool {
    let header = example.source(root()).and_then(|text| Header::parse(&text));
    header.is_ok_and(|header| header.is_busy())
}

/// How long the example takes by the notes of its header, if it has any.
fn noted_time(example: &Example) -> Option<Duration> {
    let header = Header::parse(&example.source(root()).ok()?).ok()?;
    let ends = header
        .commands()
        .filter_map(|command| command.expected.iter().filter_map(|it| it.due).max());
    ends.reduce(|sum, end| sum + end)
}

/// The transcripts as often as `REPEAT` says, to find what fails now and then.
fn repeat(blocks: &[Transcript]) -> Result<impl Iterator<Item = &Transcript>> {
    let times = match env::var("REPEAT") {
        Ok(times) => times.parse().context("REPEAT is not a number")?,
        Err(_) => 1,
    };
    Ok((0..times).flat_map(move |_: usize| blocks))
}

/// The same transcript once more, on the server that `DATABASE_URL` names, where
/// the example leaves nothing.
fn on_postgresql(example: Example) -> Trial {
    let name = format!("{}::postgresql", example.test_name());
    test(name, Company::Any, move |turn| {
        let Ok(server) = env::var("DATABASE_URL") else {
            return cannot_run(NO_POSTGRESQL);
        };
        let checked = leaves_no_table(&server, |url| {
            check(&example, &[("DATABASE_URL", url)], turn)
        });
        Runtime::new()?.block_on(checked)
    })
    .with_ignored_flag(is_without_postgresql())
}

pub fn check(example: &Example, variables: &[(&str, &str)], turn: &Turn) -> Result<Completion> {
    let header = Header::parse(&example.source(root())?)?;
    let file = example.file.display().to_string();
    let Example { package, name, .. } = example;
    let own = format!("-p {package} --bin {name} ");
    ensure!(
        header
            .commands()
            .any(|command| format!("{} ", command.text).contains(&own)),
        "{file}: no command of its transcripts runs `{own}`"
    );
    // A server, and the way to it, take longer than SQLite in the same process.
    let slower = if variables.is_empty() { 1.0 } else { 4.0 };
    for block in repeat(&header.transcripts)? {
        if let Some(program) = transcript::missing_program(block) {
            return cannot_run(&format!("no {program} here: install it"));
        }
        let conditions = Conditions {
            variables,
            slack: transcript::slack()? * slower,
        };
        let checked = transcript::check(&file, block, conditions, |report| {
            excuse();
            eprintln!("excused, and run again by itself: {report}");
            turn.alone()
        })?;
        if checked == Checked::Undecided {
            return cannot_run("other processes held up five runs");
        }
    }
    Ok(Completion::Completed)
}
