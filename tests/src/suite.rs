//! How the tests are run: many at once, some alone.

use std::env;
use std::fs::File;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use libtest_mimic::{Arguments, Completion, Failed, Trial};

use crate::terminal::kill_jobs_at_ctrl_c;
use crate::workspace::{build_all, build_release, scratch};

/// Tests at once. More than there are cores, since most examples sleep: on two,
/// 704 tests take 12.5 s twenty at a time. With 32 they took 11.1 s and 17.5 s: more
/// of them are late then, and run again by themselves.
const THREADS: usize = 20;

/// How long a run that was slow waits for other processes to leave the machine.
const CALM: Duration = Duration::from_secs(10);

/// Who may run beside a test.
#[derive(Clone, Copy, Debug)]
pub enum Company {
    /// Others.
    Any,
    /// Others that sleep: it computes for a while. Two that compute at once would
    /// make the lines of all others late.
    Sleepers,
    /// Nobody: it measures processor time, or loads a server.
    None,
}

/// A test. It is done when `body` returns; what `body` says of not being able to
/// run here is reported, as ignored.
#[must_use]
pub fn test(
    name: impl Into<String>,
    company: Company,
    body: impl FnOnce(&Turn) -> Result<Completion> + Send + 'static,
) -> Trial {
    Trial::ignorable_test(name, move || {
        let turn = Turn::wait(company).map_err(|error| Failed::from(format!("{error:#}")))?;
        body(&turn).map_err(|error| Failed::from(format!("{error:#}")))
    })
}

/// What a test says that needs a PostgreSQL and has none.
pub const NO_POSTGRESQL: &str =
    "no PostgreSQL: set DATABASE_URL=postgres://user:password@host/database";

/// Reports a test as ignored, since it cannot run on this machine.
///
/// # Errors
///
/// Where nothing may be ignored: in CI, which sets `CI`.
pub fn cannot_run(reason: &str) -> Result<Completion> {
    ensure!(env::var_os("CI").is_none(), "it cannot run here: {reason}");
    Ok(Completion::ignored_with(reason))
}

/// Whether a test that needs a PostgreSQL is to be listed as ignored: nextest
/// knows no other way, and would report as passed what ignores itself.
#[must_use]
pub fn is_without_postgresql() -> bool {
    env::var_os("NEXTEST").is_some() && env::var_os("DATABASE_URL").is_none()
}

/// Builds the examples, and does what else `prepare` does with the arguments, so
/// that builds are seen before the first test, then runs the tests and leaves the
/// process, with status 0 if none has failed.
///
/// # Errors
///
/// If the examples do not build.
pub fn build_and_run(
    tests: Vec<Trial>,
    prepare: impl FnOnce(&Arguments) -> Result<()>,
) -> Result<()> {
    // One line for each panic, whatever `RUST_BACKTRACE` says: some scenarios
    // panic on purpose, and their traces would bury what has failed.
    std::panic::set_hook(Box::new(|panic| eprintln!("{panic}")));
    let mut arguments = Arguments::from_args();
    if !arguments.list {
        build_all()?;
        let filter = arguments.filter.clone().unwrap_or_default();
        build_release(|example| example.test_name().contains(&filter))?;
        prepare(&arguments)?;
        kill_jobs_at_ctrl_c()?;
    }
    arguments.test_threads.get_or_insert(THREADS);
    let conclusion = libtest_mimic::run(&arguments, tests);
    let excused = EXCUSED.load(Relaxed);
    if excused > 0 {
        eprintln!(
            "{excused} runs excused: others used the processors for as long as they were late"
        );
    }
    ensure!(
        excused <= MOST_EXCUSED || env::var_os("CI").is_none(),
        "CI allows {MOST_EXCUSED} excused runs"
    );
    conclusion.exit()
}

/// How many runs may be excused in CI.
const MOST_EXCUSED: usize = 10;
static EXCUSED: AtomicUsize = AtomicUsize::new(0);

/// Counts a run that was late and is excused.
pub fn excuse() {
    EXCUSED.fetch_add(1, Relaxed);
}

/// A test's turn to run. It is locks on files, so that it also holds between the
/// processes of nextest; they are let go when the files are closed.
#[derive(Debug)]
pub struct Turn {
    machine: File,
    _computing: Option<File>,
}

impl Turn {
    fn wait(company: Company) -> Result<Self> {
        let machine = lock_file("alone.lock")?;
        let mut computing = None;
        match company {
            Company::Any => machine.lock_shared()?,
            Company::Sleepers => {
                let file = lock_file("computing.lock")?;
                file.lock()?;
                computing = Some(file);
                machine.lock_shared()?;
            }
            Company::None => machine.lock()?,
        }
        Ok(Self {
            machine,
            _computing: computing,
        })
    }

    /// Waits until no other test runs, and keeps it so to the end of this one;
    /// then until the machine is calm, or has had its time to be.
    ///
    /// # Errors
    ///
    /// If the system cannot lock the file.
    pub fn alone(&self) -> Result<()> {
        self.machine.unlock()?;
        self.machine.lock()?;
        let start = Instant::now();
        while !is_calm() && start.elapsed() < CALM {}
        Ok(())
    }
}

fn lock_file(name: &str) -> Result<File> {
    let path = scratch()?.join(name);
    Ok(File::options().append(true).create(true).open(path)?)
}

/// Whether who sleeps is woken in time, again and again for a moment.
fn is_calm() -> bool {
    const NAP: Duration = Duration::from_millis(5);
    (0..40).all(|_| {
        let start = Instant::now();
        sleep(NAP);
        start.elapsed() < 4 * NAP
    })
}
