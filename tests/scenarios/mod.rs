//! What a header cannot say: many clients, faults, signals.

<<<<<<< HEAD
mod advanced;
mod channels;
mod clients;
=======
>>>>>>> ee52d3f (Hold the web API to bad requests, faults and signals)
mod http;
mod http_web_api;
mod io;
mod io_chat;
mod io_line_server;
mod io_proxy;
mod which_mutex;

use std::time::Duration;

use anyhow::{Context, Result};
use libtest_mimic::{Completion, Trial};
use tests::suite::{Company, cannot_run, test};

pub fn tests() -> Vec<Trial> {
<<<<<<< HEAD
    let all = [
        advanced::tests(),
        channels::tests(),
        http::tests(),
        http_web_api::tests(),
        io::tests(),
        io_chat::tests(),
        io_line_server::tests(),
        io_proxy::tests(),
        which_mutex::tests(),
    ];
    all.into_iter().flatten().collect()
=======
    let mut tests = io::tests();
    tests.extend(http::tests());
    tests
>>>>>>> ee52d3f (Hold the web API to bad requests, faults and signals)
}

/// A scenario that others may run beside.
fn scenario<F>(name: &str, body: impl FnOnce() -> F + Send + 'static) -> Trial
where
    F: Future<Output = Result<()>>,
{
    with_company(name, Company::Any, body)
}

/// A scenario that measures, or that needs the whole machine.
fn alone<F>(name: &str, body: impl FnOnce() -> F + Send + 'static) -> Trial
where
    F: Future<Output = Result<()>>,
{
    with_company(name, Company::None, body)
}

/// The same where it can run; elsewhere it is ignored, with the reason.
fn alone_if<F>(
    name: &str,
    can_run: bool,
    reason: &'static str,
    body: impl FnOnce() -> F + Send + 'static,
) -> Trial
where
    F: Future<Output = Result<()>>,
{
    if can_run {
        return alone(name, body);
    }
    test(format!("scenarios::{name}"), Company::Any, move || {
        Ok(Completion::ignored_with(reason))
    })
}

fn with_company<F>(
    name: &str,
    company: Company,
    body: impl FnOnce() -> F + Send + 'static,
) -> Trial
where
    F: Future<Output = Result<()>>,
{
    test(format!("scenarios::{name}"), company, |_| run(body()))
}

fn run(scenario: impl Future<Output = Result<()>>) -> Result<Completion> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let limit = Duration::from_secs(120);
    runtime.block_on(async {
        let done = tokio::time::timeout(limit, scenario).await;
        done.context("the scenario did not end")?
    })?;
    Ok(Completion::Completed)
}

/// Lets this process, and those it starts, open as many files as the system
/// allows.
fn more_descriptors() -> Result<()> {
    #[cfg(unix)]
    {
        use nix::sys::resource::{Resource, getrlimit, setrlimit};
        let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
        // More than macOS gives to a process, whatever its limit says.
        let enough = most.min(10_240);
        setrlimit(Resource::RLIMIT_NOFILE, enough, most)?;
    }
    Ok(())
}
