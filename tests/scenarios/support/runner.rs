//! How a scenario becomes a test.

use std::env;
use std::pin::pin;
use std::time::Duration;

use anyhow::{Result, bail};
use harness::failure::{explain, forget};
use harness::repository::build_time;
use harness::suite::{Company, NO_POSTGRESQL, cannot_run, is_without_postgresql, test};
use harness::usage::NO_PROC;
use libtest_mimic::{Completion, Trial};
use tokio::runtime::Builder;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};

/// What is tried with an example.
pub struct Scenario {
    name: String,
    company: Company,
    is_ignored: bool,
    body: Box<dyn FnOnce() -> Result<Completion> + Send>,
}

impl Scenario {
    /// One that may say by itself that it cannot run here.
    pub fn new(
        name: &str,
        company: Company,
        body: impl FnOnce() -> Result<Completion> + Send + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            company,
            is_ignored: false,
            body: Box::new(body),
        }
    }

    /// It takes long: it runs only when it is asked for, and in CI.
    pub fn slow(mut self) -> Self {
        self.is_ignored = true;
        self
    }

    /// It needs something that this machine may lack: if so, it is reported as
    /// ignored, with the reason.
    pub fn needs(mut self, is_there: bool, reason: impl Into<String>) -> Self {
        if !is_there {
            let reason = reason.into();
            self.company = Company::Any;
            self.body = Box::new(move || cannot_run(&reason));
        }
        self
    }

    /// It measures processor time.
    pub fn measures(self) -> Self {
        self.needs(cfg!(target_os = "linux"), NO_PROC)
    }

    /// It opens so many connections, and so does the server.
    pub fn with_descriptors(self, count: u64) -> Self {
        let reason = format!("it needs {count} file descriptors: see ulimit -Hn");
        self.needs(descriptors() >= count, reason)
    }

    /// The test, which is named after the module of its example, and whether it
    /// runs alone.
    pub fn test(self, module: &str) -> (bool, Trial) {
        let module = module.trim_start_matches("all::");
        let name = format!("{module}::{}", self.name);
        let trial = test(name, self.company, |_| {
            forget();
            (self.body)().map_err(explain)
        });
        let alone = matches!(self.company, Company::None);
        (alone, trial.with_ignored_flag(self.is_ignored))
    }
}

/// The tests of these examples of one crate, each in the file of its name.
macro_rules! scenarios_of {
    ($($(#[$condition:meta])? $example:ident,)+) => {
        pub fn tests() -> Vec<(bool, libtest_mimic::Trial)> {
            let mut tests = Vec::new();
            $(
                $(#[$condition])?
                for scenario in $example::scenarios() {
                    tests.push(scenario.test(concat!(module_path!(), "::", stringify!($example))));
                }
            )+
            tests
        }
    };
}
pub(crate) use scenarios_of;

/// Expects something of a run, and shows the run if it is not so.
macro_rules! holds {
    ($ran:ident, $is:expr) => {
        ensure!($is, "`{}` is expected, not {:?}", stringify!($is), $ran)
    };
}
pub(crate) use holds;

/// A scenario that others may run beside.
pub fn scenario<F>(name: &str, body: impl FnOnce() -> F + Send + 'static) -> Scenario
where
    F: Future<Output = Result<()>>,
{
    Scenario::new(name, Company::Any, || run(body()))
}

/// A scenario that measures, or that needs the whole machine.
pub fn alone<F>(name: &str, body: impl FnOnce() -> F + Send + 'static) -> Scenario
where
    F: Future<Output = Result<()>>,
{
    Scenario::new(name, Company::None, || run(body()))
}

/// A scenario on the server that `DATABASE_URL` names.
pub fn on_postgresql<F>(name: &str, body: impl FnOnce(String) -> F + Send + 'static) -> Scenario
where
    F: Future<Output = Result<()>>,
{
    let mut scenario = Scenario::new(name, Company::Any, || match env::var("DATABASE_URL") {
        Ok(url) => run(body(url)),
        Err(_) => cannot_run(NO_POSTGRESQL),
    });
    scenario.is_ignored = is_without_postgresql();
    scenario
}

/// How long a scenario may take.
const LIMIT: Duration = Duration::from_secs(180);

/// Runs a scenario to its end. What it waits for without `.await`, such as the
/// end of a server, does not hold up the tasks that it has spawned.
pub fn run(scenario: impl Future<Output = Result<()>>) -> Result<Completion> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let (begin, built) = (Instant::now(), build_time());
    let done = runtime.block_on(async {
        let mut scenario = pin!(scenario);
        loop {
            // A build does not count: it may have to wait for those of others.
            let deadline = || begin + LIMIT + build_time().saturating_sub(built);
            match timeout_at(deadline(), &mut scenario).await {
                Ok(done) => return done,
                Err(_) if Instant::now() < deadline() => {}
                Err(_) => bail!("the scenario did not end in {LIMIT:?}"),
            }
        }
    });
    if done.is_err() {
        // Dropping the runtime would wait for what blocks one of its threads, which
        // may never end after a failure.
        runtime.shutdown_background();
    }
    done.map(|()| Completion::Completed)
}

/// Runs a body on a clock that is paused: its time passes when all tasks wait.
pub async fn on_paused_clock<F>(body: impl FnOnce() -> F + Send + 'static) -> Result<()>
where
    F: Future<Output = Result<()>>,
{
    // A runtime of its own, since the deadline of this one would pass too.
    spawn_blocking(|| {
        let runtime = Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()?;
        runtime.block_on(body())
    })
    .await?
}

/// How many files this process may open: `main` has let it have as many as the
/// system allows.
fn descriptors() -> u64 {
    #[cfg(unix)]
    {
        use nix::sys::resource::{Resource, getrlimit};
        getrlimit(Resource::RLIMIT_NOFILE).map_or(0, |(allowed, _)| allowed)
    }
    #[cfg(not(unix))]
    u64::MAX
}
