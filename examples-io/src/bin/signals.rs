//! Reload at SIGHUP and stop at Ctrl-C or SIGTERM with `tokio::signal`.
//!
//! Each `signal` stream catches its signal from the moment it is made, so make
//! all of them before saying that the program is ready: a signal that comes
//! earlier ends it. From then on the signal never ends the process again, even
//! when nobody listens. Signals that come fast are seen as one, which says
//! "reload", not how often. A file that does not parse changes nothing.
//!
//! ```console
//! $ echo 'limit 10' > ${TMPDIR:-/tmp}/oven
//! $ cargo run -p examples-io --bin signals ${TMPDIR:-/tmp}/oven &
//! baking at most 10 loaves
//! $ echo 'limit many' > ${TMPDIR:-/tmp}/oven
//! $ kill -HUP %1
//! SIGHUP: [..]/oven: no "limit" and a number; still at most 10 loaves
//! $ echo 'limit 20' > ${TMPDIR:-/tmp}/oven
//! $ kill -HUP %1
//! SIGHUP: baking at most 20 loaves
//! $ kill -TERM %1
//! SIGTERM: stopping
//! $ rm ${TMPDIR:-/tmp}/oven
//! ```
//!
//! On Windows Ctrl-Break reloads, and Ctrl-C alone stops.
//!
//! Copy it with `cargo add tokio -F fs,macros,rt-multi-thread,signal` and
//! `cargo add anyhow`.

use std::{env, io};

use anyhow::Context;
use tokio::fs;

enum Event {
    Reload,
    Stop(&'static str),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut next_signal = signals()?;
    let path = env::args().nth(1);
    let mut limit = load(path.as_deref()).await?;
    println!("baking at most {limit} loaves");

    loop {
        match next_signal().await {
            Event::Reload => match load(path.as_deref()).await {
                Ok(new) => {
                    limit = new;
                    println!("SIGHUP: baking at most {limit} loaves");
                }
                Err(error) => {
                    eprintln!(
                        "SIGHUP: {error:#}; still at most {limit} loaves"
                    );
                }
            },
            Event::Stop(signal) => {
                println!("{signal}: stopping");
                return Ok(());
            }
        }
    }
}

/// Reads the limit from a file such as `limit 10`; without a file it is 10.
async fn load(path: Option<&str>) -> anyhow::Result<u32> {
    let Some(path) = path else { return Ok(10) };
    let text = fs::read_to_string(path).await;
    let text = text.with_context(|| path.to_string())?;
    let limit = text.trim().strip_prefix("limit ");
    let limit = limit.and_then(|limit| limit.parse().ok());
    limit.with_context(|| format!("{path}: no \"limit\" and a number"))
}

/// Catches the signals from the call on; what it returns waits for the next.
#[cfg(unix)]
fn signals() -> io::Result<impl AsyncFnMut() -> Event> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut hangup = signal(SignalKind::hangup())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move || {
        tokio::select! {
            _ = hangup.recv() => Event::Reload,
            _ = interrupt.recv() => Event::Stop("Ctrl-C"),
            _ = terminate.recv() => Event::Stop("SIGTERM"),
        }
    })
}

/// Windows has no SIGHUP; Ctrl-Break stands in for it.
#[cfg(windows)]
fn signals() -> io::Result<impl AsyncFnMut() -> Event> {
    use tokio::signal::windows::{ctrl_break, ctrl_c};
    let mut ctrl_break = ctrl_break()?;
    let mut ctrl_c = ctrl_c()?;
    Ok(async move || {
        tokio::select! {
            _ = ctrl_break.recv() => Event::Reload,
            _ = ctrl_c.recv() => Event::Stop("Ctrl-C"),
        }
    })
}
