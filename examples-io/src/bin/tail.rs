//! Follow a growing log file through truncation and rotation.
//!
//! A writer appends to its log, truncates (empties) it, and rotates it: it
//! renames the log and starts a new one. A program that opens the log once
//! misses three of five orders and sees no error: its position stays behind the
//! end of the emptied file, and it keeps the renamed one. The better one checks
//! every 20 ms if the name leads to another file or it is shorter. It also
//!
//! - waits for a log that does not exist yet, and follows a FIFO (named pipe);
//! - follows a renamed log until it has been quiet for 10 s, because its writer
//!   may still be writing to it.
//!
//! ```console
//! $ cargo run -p examples-io --bin tail
//! broken, opened once:
//! order 1
//! order 2                           # 300 ms
//! fixed, looked up again:           # 1.2 s
//! order 1                           # 1.2 s
//! order 2                           # 1.5 s
//! -- truncated                      # 1.8 s
//! order 3                           # 1.8 s
//! order 4                           # 2.1 s
//! -- rotated                        # 2.1 s
//! order 5                           # 2.1 s
//! ```
//!
//! With an argument, it follows that log until Ctrl-C. It does not notice a log
//! that is truncated and outgrows its old length within 20 ms.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F fs,io-std,io-util,macros,rt-multi-thread,signal,time
//! cargo add anyhow tempfile
//! ```

use std::fs::Metadata;
use std::io::{self, ErrorKind, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};
use std::{env, mem, process};

use anyhow::bail;
use tokio::fs::{self, File};
use tokio::io::{AsyncSeekExt, AsyncWriteExt, BufReader, copy, copy_buf, stdout};
use tokio::time::sleep;

const POLL_INTERVAL: Duration = Duration::from_millis(20);
/// How long a renamed log is followed after its last line.
const OLD_LOG_TIMEOUT: Duration = Duration::from_secs(10);
/// A rotation leaves a short gap, so a log may be missing for this many polls.
const MAX_FAILURES: u32 = 50;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Some(path) = env::args_os().nth(1) else {
        return compare().await;
    };
    let path = Path::new(&path);
    let mut ctrl_c = ctrl_c()?;
    let ended = tokio::select! {
        ended = fixed(path) => ended,
        _ = ctrl_c.recv() => Ok(()),
    };
    match ended {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            bail!("{}: {error}", path.display())
        }
        // At a return, the runtime would wait for a write that blocks.
        _ => process::exit(0),
    }
}

async fn compare() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("orders.log");

    println!("broken, opened once:");
    fs::write(&path, "order 1\n").await?;
    tokio::select! { ended = broken(&path) => ended?, written = write_orders(&path) => written? }
    println!("fixed, looked up again:");
    fs::write(&path, "order 1\n").await?;
    tokio::select! { ended = fixed(&path) => ended?, written = write_orders(&path) => written? }
    Ok(())
}

/// Appends, truncates and renames, with a pause of many polls between.
async fn write_orders(path: &Path) -> io::Result<()> {
    let pause = Duration::from_millis(300);
    let mut log = File::options().append(true).open(path).await?;
    sleep(pause).await;
    log.write_all(b"order 2\n").await?;
    log.flush().await?;
    sleep(pause).await;
    fs::write(path, "order 3\n").await?;
    sleep(pause).await;
    log.write_all(b"order 4\n").await?;
    log.flush().await?;
    fs::rename(path, path.with_extension("old")).await?;
    fs::write(path, "order 5\n").await?;
    sleep(pause).await;
    Ok(())
}

async fn broken(path: &Path) -> io::Result<()> {
    let mut file = File::open(path).await?;
    loop {
        copy(&mut file, &mut stdout()).await?;
        sleep(POLL_INTERVAL).await;
    }
}

async fn fixed(path: &Path) -> io::Result<()> {
    let mut failures = 0;
    let mut current = loop {
        match Log::open(path).await {
            Ok(opened) => break opened,
            Err(error) if failures == 0 => log(&format!("-- {}: {error}", path.display())),
            Err(_) => sleep(POLL_INTERVAL).await,
        }
        failures += 1;
    };
    let mut old: Option<Log> = None;
    loop {
        if let Some(log) = &mut old {
            log.show_new().await?;
            if log.last_growth.elapsed() > OLD_LOG_TIMEOUT {
                old = None;
            }
        }
        current.show_new().await?;
        sleep(POLL_INTERVAL).await;

        if let Ok(named) = fs::metadata(path).await
            && is_same(&named, &current.metadata)
        {
            failures = 0;
            // A FIFO has no length.
            if named.is_file() && named.len() < current.position {
                log("-- truncated");
                current.position = current.file.seek(SeekFrom::Start(0)).await?;
            }
            continue;
        }
        match Log::open(path).await {
            Ok(next) => {
                // The old log may have grown until it was renamed.
                current.show_new().await?;
                log("-- rotated");
                old = Some(mem::replace(&mut current, next));
                failures = 0;
            }
            Err(error) => {
                failures += 1;
                if failures == MAX_FAILURES {
                    log(&format!("-- {}: {error}", path.display()));
                }
            }
        }
    }
}

struct Log {
    file: BufReader<File>,
    metadata: Metadata,
    position: u64,
    last_growth: Instant,
}

impl Log {
    async fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path).await?;
        Ok(Self {
            metadata: file.metadata().await?,
            // Each read is a trip to another thread, so make it large.
            file: BufReader::with_capacity(256 * 1024, file),
            position: 0,
            last_growth: Instant::now(),
        })
    }

    /// Copies what is new to standard output.
    async fn show_new(&mut self) -> io::Result<()> {
        let copied = copy_buf(&mut self.file, &mut stdout()).await?;
        if copied > 0 {
            self.position += copied;
            self.last_growth = Instant::now();
        }
        Ok(())
    }
}

fn is_same(one: &Metadata, other: &Metadata) -> bool {
    #[cfg(unix)]
    use std::os::unix::fs::MetadataExt;
    #[cfg(unix)]
    let same = (one.dev(), one.ino()) == (other.dev(), other.ino());
    #[cfg(not(unix))]
    let same = one.created().ok() == other.created().ok();
    same
}

/// Catches Ctrl-C from this call on. (`tokio::signal::ctrl_c` would catch it
/// only once it is awaited, and an earlier Ctrl-C would kill the program.)
#[cfg(unix)]
fn ctrl_c() -> io::Result<tokio::signal::unix::Signal> {
    tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())
}

#[cfg(windows)]
fn ctrl_c() -> io::Result<tokio::signal::windows::CtrlC> {
    tokio::signal::windows::ctrl_c()
}

/// Writes a line to standard error; unlike `eprintln!`, it does not panic when
/// nobody reads it.
fn log(message: &str) {
    let _ = io::stderr().write_all(format!("{message}\n").as_bytes());
}
