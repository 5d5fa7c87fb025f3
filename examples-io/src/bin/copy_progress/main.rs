//! Copy a file with a progress bar and a checksum, in one `spawn_blocking`.
//!
//! One `spawn_blocking` reads, hashes and writes, since all three block.
//! Nothing can cancel it, so it checks a flag that Ctrl-C or SIGTERM sets. It
//! also
//!
//! - names the copy only when it is complete and synced to the disk; until
//!   then, the old one stays;
//! - leaves owner, permissions and a symbolic link as `cp` does, and refuses to
//!   replace a file that is read-only, belongs to another user or has other
//!   hard links;
//! - prints a checksum, so `xxh128sum --check` can later detect damage;
//! - prints 25, 50 and 75 %, and no bar, if the output is not a terminal.
//!
//! ```console
//! $ cargo run -q -p examples-io --bin copy_progress 2>&1 | cat
//! orders.db: 25 %
//! orders.db: 50 %
//! orders.db: 75 %
//! d3b59424228b761f3d7421a97781556a  [..]copy.db
//! $ cargo run -q -p examples-io --bin copy_progress missing.db copy.db
//! missing.db: No such file or directory (os error 2)
//! # exit 1
//! ```
//!
//! With a source and a target as arguments, it copies that file.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,rt-multi-thread,signal
//! cargo add anyhow tempfile
//! cargo add indicatif --no-default-features
//! cargo add twox-hash --no-default-features -F alloc,xxhash3_128
//! ```

mod copy;

use std::env;
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::{self, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use anyhow::ensure;
use tokio::task::spawn_blocking;

use copy::{BUFFER, at, copy};

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let mut stop_signals = StopSignals::new()?;
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    let mut job = spawn_blocking(move || run(&flag));
    let copied = tokio::select! {
        copied = &mut job => copied?,
        () = stop_signals.recv() => {
            stop.store(true, Relaxed);
            // Wait until the job has removed its part, or for a second signal.
            tokio::select! {
                copied = &mut job => copied?,
                () = stop_signals.recv() => process::exit(130),
            }
        }
    };
    if let Err(error) = copied {
        log(&format!("{error:#}"));
        return Ok(ExitCode::from(if stop.load(Relaxed) { 130 } else { 1 }));
    }
    Ok(ExitCode::SUCCESS)
}

fn run(stop: &AtomicBool) -> anyhow::Result<()> {
    let arguments: Vec<_> = env::args_os().skip(1).map(PathBuf::from).collect();
    if let [source, target] = &arguments[..] {
        return copy(source, target, stop);
    }
    ensure!(arguments.is_empty(), "usage: copy_progress SOURCE TARGET");

    let folder = tempfile::tempdir()?;
    let orders = folder.path().join("orders.db");
    let mut file = File::create(&orders).map_err(at(&orders))?;
    for byte in 0..128 {
        file.write_all(&vec![byte; BUFFER]).map_err(at(&orders))?;
    }
    copy(&orders, &folder.path().join("copy.db"), stop)
}

/// Writes a line to standard error; unlike `eprintln!`, it does not panic when
/// nobody reads it.
fn log(message: &str) {
    let _ = io::stderr().write_all(format!("{message}\n").as_bytes());
}

/// Ctrl-C and SIGTERM, caught from `new` on: a signal that comes right after
/// the first line of output is not lost.
#[cfg(unix)]
struct StopSignals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl StopSignals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn recv(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(windows)]
struct StopSignals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl StopSignals {
    fn new() -> io::Result<Self> {
        Ok(Self(tokio::signal::windows::ctrl_c()?))
    }

    async fn recv(&mut self) {
        self.0.recv().await;
    }
}
