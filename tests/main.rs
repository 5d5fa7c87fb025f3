//! All tests, in one program so that they run beside each other: most of them
//! wait for an example that sleeps.

mod checks;
mod environment;
mod examples;
mod mutants;
mod repository;
mod scenarios;

use harness::failure::keep_places;
use harness::suite::build_and_run;

fn main() -> anyhow::Result<()> {
    keep_places();
    allow_many_descriptors()?;
    let mut tests = examples::tests()?;
    tests.extend(checks::tests());
    let (beside, alone) = scenarios::tests();
    tests.extend(beside);
    tests.extend(environment::tests()?);
    tests.extend(repository::tests()?);
    let (mutants, alone_mutants) = mutants::tests(&alone);
    tests.extend(mutants);
    tests.extend(alone);
    tests.extend(alone_mutants);
    build_and_run(tests, mutants::build)
}

/// Lets this program open as many files as the system allows: it is all clients of
/// a server. What it starts has the limit of an ordinary shell.
fn allow_many_descriptors() -> anyhow::Result<()> {
    #[cfg(unix)]
    {
        use nix::sys::resource::{Resource, getrlimit, setrlimit};
        let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
        // More than macOS gives to a process, whatever its limit says.
        let macos = 10_240;
        let allowed = most.min(if cfg!(target_os = "macos") {
            macos
        } else {
            40_000
        });
        setrlimit(Resource::RLIMIT_NOFILE, allowed, most)?;
    }
    Ok(())
}
