//! Reload on SIGHUP and stop on Ctrl-C or SIGTERM with `tokio::signal`.
//!
//! A file tells a bakery how many loaves it may bake. SIGHUP makes it read
//! the file again; a file that does not parse changes nothing. `signal` returns
//! a listener, which catches its signal from that moment on. Before that, the
//! signal kills the process. So create all listeners before the first output: a
//! script may wait for that output and then send a signal. Signals in quick
//! succession may arrive as one: SIGHUP says "reload", not how often.
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
//! stopping: terminated
//! $ rm ${TMPDIR:-/tmp}/oven
//! ```
//!
//! Without a file, the limit is 10:
//!
//! ```console
//! $ cargo run -p examples-io --bin signals &
//! baking at most 10 loaves
//! $ kill -INT %1
//! stopping: interrupted
//! ```
//!
//! Windows has no SIGHUP and no SIGTERM. There, Ctrl-Break reloads the limit,
//! and closing the window stops the bakery. To finish work before stopping, see
//! `hardened_echo`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F fs,macros,rt-multi-thread,signal
//! cargo add anyhow
//! ```

use std::{env, io};

use anyhow::Context;
use tokio::fs;
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows::{CtrlBreak, CtrlC, CtrlClose, ctrl_break, ctrl_c, ctrl_close};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut signals = Signals::new()?;
    let path = env::args().nth(1);
    let mut limit = load(path.as_deref()).await?;
    println!("baking at most {limit} loaves");

    let cause = loop {
        tokio::select! {
            _ = signals.reload.recv() => {}
            _ = signals.interrupt.recv() => break "interrupted",
            _ = signals.terminate.recv() => break "terminated",
        }
        match load(path.as_deref()).await {
            Ok(new) => {
                limit = new;
                println!("baking at most {limit} loaves");
            }
            Err(error) => eprintln!("still at most {limit} loaves: {error:#}"),
        }
    };
    println!("stopping: {cause}");
    Ok(())
}

async fn load(path: Option<&str>) -> anyhow::Result<u32> {
    let Some(path) = path else { return Ok(10) };
    let text = fs::read_to_string(path).await.context(path.to_owned())?;
    text.trim().parse().context(path.to_owned())
}

#[cfg(unix)]
struct Signals {
    reload: Signal,
    interrupt: Signal,
    terminate: Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            reload: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }
}

#[cfg(windows)]
struct Signals {
    reload: CtrlBreak,
    interrupt: CtrlC,
    terminate: CtrlClose,
}

#[cfg(windows)]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            reload: ctrl_break()?,
            interrupt: ctrl_c()?,
            terminate: ctrl_close()?,
        })
    }
}
