//! Reload at SIGHUP and stop at Ctrl-C or SIGTERM with `tokio::signal`.
//!
//! Each `signal` stream catches its signal from the moment it is made, so make
//! all of them before saying that the program is ready: a signal that comes
//! earlier ends it. From then on the signal never ends the process again, even
//! when nobody listens. Signals that come fast are seen as one, which says
//! "reload", not how often. A file that does not parse changes nothing.
//!
//! ```console
//! $ echo 10 > ${TMPDIR:-/tmp}/oven
//! $ cargo run -p examples-io --bin signals ${TMPDIR:-/tmp}/oven &
//! baking at most 10 loaves
//! $ echo many > ${TMPDIR:-/tmp}/oven
//! $ kill -HUP %1
//! still at most 10 loaves: [..]/oven: invalid digit found in string
//! $ echo 20 > ${TMPDIR:-/tmp}/oven
//! $ kill -HUP %1
//! baking at most 20 loaves
//! $ kill -TERM %1
//! terminated: stopping
//! $ rm ${TMPDIR:-/tmp}/oven
//! ```
//!
//! Without a file the limit stays 10:
//!
//! ```console
//! $ cargo run -p examples-io --bin signals &
//! baking at most 10 loaves
//! $ kill -INT %1
//! interrupted: stopping
//! ```
//!
//! On Windows Ctrl-Break reloads; Ctrl-C and closing the window stop.
//!
//! Copy it with `cargo add tokio -F fs,macros,rt-multi-thread,signal` and
//! `cargo add anyhow`.

use std::{env, io};

use anyhow::Context;
use tokio::fs;
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows::{CtrlBreak, CtrlC, CtrlClose, ctrl_break, ctrl_c, ctrl_close};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let (mut reload, mut interrupt, mut terminate) = signals()?;
    let path = env::args().nth(1);
    let mut limit = load(path.as_deref()).await?;
    println!("baking at most {limit} loaves");

    let cause = loop {
        tokio::select! {
            _ = reload.recv() => {}
            _ = interrupt.recv() => break "interrupted",
            _ = terminate.recv() => break "terminated",
        }
        match load(path.as_deref()).await {
            Ok(new) => {
                limit = new;
                println!("baking at most {limit} loaves");
            }
            Err(error) => {
                eprintln!("still at most {limit} loaves: {error:#}");
            }
        }
    };
    println!("{cause}: stopping");
    Ok(())
}

/// Reads the limit from a file; without a file it is 10.
async fn load(path: Option<&str>) -> anyhow::Result<u32> {
    let Some(path) = path else { return Ok(10) };
    let text = fs::read_to_string(path).await;
    let text = text.with_context(|| path.to_string())?;
    text.trim().parse().with_context(|| path.to_string())
}

/// SIGHUP, Ctrl-C and SIGTERM, caught from the call on.
#[cfg(unix)]
fn signals() -> io::Result<(Signal, Signal, Signal)> {
    let reload = signal(SignalKind::hangup())?;
    let interrupt = signal(SignalKind::interrupt())?;
    let terminate = signal(SignalKind::terminate())?;
    Ok((reload, interrupt, terminate))
}

/// Windows has neither SIGHUP nor SIGTERM, but these.
#[cfg(windows)]
fn signals() -> io::Result<(CtrlBreak, CtrlC, CtrlClose)> {
    Ok((ctrl_break()?, ctrl_c()?, ctrl_close()?))
}
