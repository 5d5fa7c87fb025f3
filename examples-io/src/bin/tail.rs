//! Follow a growing file through truncation and rotation, as `tail -F` does.
//!
//! An open file is the file and not its name. After a truncation the place in
//! it lies past the end, after a rotation it is the old file, to which nobody
//! writes: reads return nothing, for ever, and no error. Three of five orders
//! are missed. So every 20 ms the file that has the name now is compared with
//! the one that is open. A file that is cut and outgrows its old length between
//! two looks deceives this `tail` as any other. Remarks go to standard error:
//! the output is what is in the logs. A name that cannot be opened is remarked
//! on after a second, once, and the open file followed.
//!
//! ```console
//! $ cargo run -p examples-io --bin tail
//! broken, opened once:
//! order 1
//! order 2                           # 300 ms
//! fixed, looked up again:           # 1200 ms
//! order 1                           # 1200 ms
//! order 2                           # 1500 ms
//! -- truncated                      # 1800 ms
//! order 3                           # 1800 ms
//! order 4                           # 2100 ms
//! -- rotated                        # 2100 ms
//! order 5                           # 2100 ms
//! $ cargo run -q -p examples-io --bin tail no/such.log  # exit 1
//! Error: no/such.log: [..] (os error [..])
//! ```
//!
//! It writes its own log, or follows the file that is its argument to Ctrl-C.
//!
//! Copy it with `cargo add tokio -F
//! fs,io-std,io-util,macros,rt-multi-thread,signal,time` and
//! `cargo add anyhow`.

use std::fs::Metadata;
use std::io::{ErrorKind, SeekFrom};
use std::path::Path;
use std::time::Duration;
use std::{env, io, process};

use anyhow::bail;
use tokio::fs::{self, File};
use tokio::io::{AsyncSeekExt, AsyncWriteExt, BufReader, copy_buf, stdout};
use tokio::signal::ctrl_c;
use tokio::time::sleep;

const LOOK: Duration = Duration::from_millis(20);
/// Between two changes of its own log: many looks, on a busy machine too.
const PAUSE: Duration = Duration::from_millis(300);
/// So many looks in vain are said once: a rotation takes a moment.
const PATIENCE: u32 = 50;
/// A read and a write are a trip to another thread each, so let them be few.
const BUFFER: usize = 256 * 1024;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    if let Some(log) = env::args_os().nth(1) {
        let log = Path::new(&log);
        let ended = tokio::select! {
            ended = fixed(log) => ended,
            pressed = ctrl_c() => pressed,
        };
        match ended {
            // Whoever reads the output has enough, as `head` does.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
            Err(error) => bail!("{}: {error}", log.display()),
            Ok(()) => {}
        }
        // Returning would wait for a write to somebody who does not read.
        process::exit(0);
    }

    let folder = env::temp_dir().join(format!("tail-{}", process::id()));
    fs::create_dir(&folder).await?;
    let shown = show(&folder.join("orders.log")).await;
    fs::remove_dir_all(&folder).await?;
    Ok(shown?)
}

async fn show(log: &Path) -> io::Result<()> {
    println!("broken, opened once:");
    fs::write(log, "order 1\n").await?;
    tokio::select! {
        ended = broken(log) => ended?,
        written = write(log) => written?,
    }
    println!("fixed, looked up again:");
    fs::write(log, "order 1\n").await?;
    tokio::select! {
        ended = fixed(log) => ended,
        written = write(log) => written,
    }
}

/// Appends, truncates and rotates.
async fn write(log: &Path) -> io::Result<()> {
    sleep(PAUSE).await;
    append(log, "order 2\n").await?;
    sleep(PAUSE).await;
    fs::write(log, "order 3\n").await?;
    sleep(PAUSE).await;
    append(log, "order 4\n").await?;
    fs::rename(log, log.with_extension("old")).await?;
    fs::write(log, "order 5\n").await?;
    sleep(PAUSE).await;
    Ok(())
}

async fn append(log: &Path, line: &str) -> io::Result<()> {
    let mut file = File::options().append(true).open(log).await?;
    file.write_all(line.as_bytes()).await?;
    file.flush().await
}

async fn broken(log: &Path) -> io::Result<()> {
    let mut file = File::open(log).await?;
    loop {
        show_new(&mut file).await?;
        sleep(LOOK).await;
    }
}

async fn fixed(log: &Path) -> io::Result<()> {
    let mut file = File::open(log).await?;
    let mut opened = identity(&file.metadata().await?);
    let (mut place, mut failed) = (0, 0);
    loop {
        place += show_new(&mut file).await?;
        sleep(LOOK).await;
        let next = match fs::metadata(log).await {
            Ok(named) if identity(&named) == opened => {
                if named.len() < place {
                    eprintln!("-- truncated");
                    place = file.seek(SeekFrom::Start(0)).await?;
                }
                failed = 0;
                continue;
            }
            Ok(_) => File::open(log).await,
            Err(error) => Err(error),
        };
        match next {
            Ok(next) => {
                // The old one may have grown until it was renamed.
                show_new(&mut file).await?;
                eprintln!("-- rotated");
                opened = identity(&next.metadata().await?);
                (file, place, failed) = (next, 0, 0);
            }
            // The old one is still open, and followed.
            Err(error) => {
                failed += 1;
                if failed == PATIENCE {
                    eprintln!("-- {}: {error}", log.display());
                }
            }
        }
    }
}

/// Copies to standard output from where the file was last read to its end.
async fn show_new(file: &mut File) -> io::Result<u64> {
    let mut output = stdout();
    let mut file = BufReader::with_capacity(BUFFER, file);
    let copied = copy_buf(&mut file, &mut output).await?;
    output.flush().await?;
    Ok(copied)
}

#[cfg(unix)]
fn identity(file: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (file.dev(), file.ino())
}

#[cfg(not(unix))]
fn identity(file: &Metadata) -> Option<std::time::SystemTime> {
    file.created().ok()
}
