//! Runs every example and holds it to its header.

use std::cmp::Reverse;
use std::env;
use std::time::Duration;

use anyhow::{Result, ensure};
use libtest_mimic::{Completion, Trial};
use tests::suite::{
    Company, NO_POSTGRESQL, Turn, cannot_run, is_without_postgresql, test,
};
use tests::transcript::Conditions;
use tests::workspace::{Example, examples, root};
use tests::{Header, transcript};

/// Examples that keep the processor busy for a while: the lines of others would
/// be late beside them.
const ALONE: &[&str] =
    &["batching", "capacity", "cost_of_spawning", "file_cost", "many_tasks"];

/// One test for each example, the longest first.
pub fn tests() -> Result<Vec<Trial>> {
    let mut tests = Vec::new();
    let mut examples = examples(root())?;
    examples.sort_by_cached_key(|example| Reverse(noted_time(example)));
    for example in examples {
        if example.source(root())?.contains("env::var(\"DATABASE_URL\")") {
            tests.push(on_postgresql(example.clone()));
        }
        let alone = ALONE.contains(&example.name.as_str());
        let company = if alone { Company::None } else { Company::Any };
        let name = example.test_name();
        tests.push(test(name, company, move |turn| check(&example, &[], turn)));
    }
    Ok(tests)
}

/// How long the example takes by the notes of its header.
fn noted_time(example: &Example) -> Duration {
    let source = example.source(root()).unwrap_or_default();
    let Ok(header) = Header::parse(&source) else { return Duration::ZERO };
    let blocks = header.transcripts.iter().flat_map(|block| &block.commands);
    blocks
        .filter_map(|command| {
            command.expected.iter().filter_map(|it| it.due).max()
        })
        .sum()
}

/// The same transcript once more, on the server that `DATABASE_URL` names.
fn on_postgresql(example: Example) -> Trial {
    let name = format!("{}::postgresql", example.test_name());
    test(name, Company::Any, move |turn| match env::var("DATABASE_URL") {
        Ok(url) => check(&example, &[("DATABASE_URL", &url)], turn),
        Err(_) => cannot_run(NO_POSTGRESQL),
    })
    .with_ignored_flag(is_without_postgresql())
}

fn check(
    example: &Example,
    variables: &[(&str, &str)],
    turn: &Turn,
) -> Result<Completion> {
    let header = Header::parse(&example.source(root())?)?;
    let file = example.file.display().to_string();
    let Example { package, name, .. } = example;
    let blocks = &header.transcripts;
    let mut commands = blocks.iter().flat_map(|block| &block.commands);
    let own = format!("-p {package} --bin {name} ");
    ensure!(
        commands.any(|command| format!("{} ", command.text).contains(&own)),
        "{file}: no command of its transcripts runs `{own}`"
    );
    for block in blocks {
        if let Some(program) = transcript::missing_program(block) {
            return cannot_run(&format!("no {program} here: install it"));
        }
        let conditions = Conditions { variables, slack: transcript::slack()? };
        transcript::check(&file, block, conditions, |report| {
            eprintln!("a slow run, to be done again by itself: {report}");
            turn.alone()
        })?;
    }
    Ok(Completion::Completed)
}
