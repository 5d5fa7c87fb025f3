//! All tests, in one program so that they run beside each other: most of them
//! wait for an example that sleeps.

mod checks;
mod environment;
mod examples;
mod repository;
mod scenarios;

use harness::suite::build_and_run;

fn main() -> anyhow::Result<()> {
    let mut tests = examples::tests()?;
    tests.extend(checks::tests());
    tests.extend(scenarios::tests());
    tests.extend(environment::tests());
    tests.extend(repository::tests()?);
    build_and_run(tests)
}
