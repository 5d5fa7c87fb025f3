//! What a header cannot say: many clients, faults, signals.

mod advanced;
mod borrow_or_spawn;
mod capacity;
mod channels;
mod clients;
mod databases;
mod faults;
mod http;
mod io;
mod io_changed;
mod io_chat;
mod io_copy_progress;
#[cfg(unix)]
mod io_files;
mod io_framing;
mod io_hardened_echo;
mod io_heartbeat;
mod io_line_server;
mod io_proxy;
#[cfg(unix)]
mod io_stale_socket;
#[cfg(unix)]
mod io_unix_socket;
mod notify_enable;
mod web_api;
mod which_mutex;

use std::time::Duration;

use anyhow::{Context, Result};
use libtest_mimic::{Completion, Trial};
use tests::suite::{Company, cannot_run, test};

pub fn tests() -> Vec<Trial> {
    let all = [
        advanced::tests(),
        borrow_or_spawn::tests(),
        capacity::tests(),
        channels::tests(),
        databases::tests(),
        http::tests(),
        io::tests(),
        io_changed::tests(),
        io_chat::tests(),
        io_copy_progress::tests(),
        #[cfg(unix)]
        io_files::tests(),
        io_hardened_echo::tests(),
        io_framing::tests(),
        io_heartbeat::tests(),
        io_line_server::tests(),
        io_proxy::tests(),
        #[cfg(unix)]
        io_stale_socket::tests(),
        #[cfg(unix)]
        io_unix_socket::tests(),
        notify_enable::tests(),
        web_api::tests(),
        which_mutex::tests(),
    ];
    all.into_iter().flatten().collect()
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

/// A scenario that needs the whole machine, and something that this one may lack.
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
    test(format!("scenarios::{name}"), Company::Any, move |_| {
        cannot_run(reason)
    })
}

fn with_company<F>(name: &str, company: Company, body: impl FnOnce() -> F + Send + 'static) -> Trial
where
    F: Future<Output = Result<()>>,
{
    test(format!("scenarios::{name}"), company, |_| run(body()))
}

fn run(scenario: impl Future<Output = Result<()>>) -> Result<Completion> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let limit = Duration::from_secs(180);
    runtime.block_on(async {
        let done = tokio::time::timeout(limit, scenario).await;
        done.context("the scenario did not end")?
    })?;
    Ok(Completion::Completed)
}

/// Lets this process, and those it starts, open as many files as the system
/// allows; says how many that are.
fn more_descriptors() -> Result<u64> {
    #[cfg(unix)]
    {
        use nix::sys::resource::{Resource, getrlimit, setrlimit};
        let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
        let allowed = most_descriptors();
        setrlimit(Resource::RLIMIT_NOFILE, allowed, most)?;
        Ok(allowed)
    }
    #[cfg(not(unix))]
    Ok(u64::MAX)
}

/// How many files this process may open at the most.
fn most_descriptors() -> u64 {
    #[cfg(unix)]
    {
        use nix::sys::resource::{Resource, getrlimit};
        let most = getrlimit(Resource::RLIMIT_NOFILE).map_or(0, |(_, it)| it);
        // More than macOS gives to a process, whatever its limit says.
        most.min(if cfg!(target_os = "macos") {
            10_240
        } else {
            40_000
        })
    }
    #[cfg(not(unix))]
    0
}
