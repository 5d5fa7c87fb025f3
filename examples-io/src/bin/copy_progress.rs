//! Copy a file with a progress bar and a checksum, in one `spawn_blocking`.
//!
//! One `spawn_blocking` reads, hashes and writes, since all three block.
//! Nothing can cancel it, so it checks a flag that Ctrl-C sets. It also
//!
//! - names the copy only when it is complete and synced to the disk; until
//!   then, the old copy stays;
//! - leaves owner, permissions and a symbolic link as `cp` does, and refuses to
//!   replace a file that is read-only or has other hard links;
//! - prints a checksum, so that `xxh128sum --check` can later find out whether
//!   the disk has damaged the copy;
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

use std::env;
use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{self, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use anyhow::{Context, anyhow, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use tempfile::NamedTempFile;
use tokio::task::spawn_blocking;
use twox_hash::xxhash3_128::Hasher;

/// A larger buffer is no faster.
const BUFFER: usize = 256 * 1024;
const BAR: &str = "{prefix:16!} {msg} {wide_bar} {percent:>3} % {bytes_per_sec:>12} {eta:>4}";

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let mut ctrl_c = ctrl_c()?;
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    let mut job = spawn_blocking(move || run(&flag));
    let copied = tokio::select! {
        copied = &mut job => copied?,
        _ = ctrl_c.recv() => {
            stop.store(true, Relaxed);
            // Wait until the job has removed its part, or for a second Ctrl-C.
            tokio::select! {
                copied = &mut job => copied?,
                _ = ctrl_c.recv() => process::exit(130),
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

fn copy(source: &Path, target: &Path, stop: &AtomicBool) -> anyhow::Result<()> {
    let metadata = fs::metadata(source).map_err(at(source))?;
    // Opening a FIFO waits for its writer, and a device may never reach EOF.
    ensure!(metadata.is_file(), "{}: not a file", source.display());
    let mut file = File::open(source).map_err(at(source))?;
    let name = source.file_name().unwrap_or_default();

    let mut target = target.to_path_buf();
    if target.is_dir() || target.as_os_str().as_encoded_bytes().ends_with(b"/") {
        target.push(name);
    }
    // The rename at the end would replace a link instead of its file.
    if target.is_symlink() {
        target = fs::canonicalize(&target).map_err(at(&target))?;
    }
    let part = create_part(&target, &metadata);
    let mut part = part.with_context(|| target.display().to_string())?;

    let bar = ProgressBar::new(metadata.len())
        .with_style(ProgressStyle::with_template(BAR)?)
        .with_prefix(name.to_string_lossy().into_owned());
    // The bar moves even while a slow disk does not.
    bar.enable_steady_tick(Duration::from_millis(100));
    let mut sum = Hasher::new();
    let mut buffer = vec![0; BUFFER];
    loop {
        ensure!(!stop.load(Relaxed), "{}: interrupted", source.display());
        let count = file.read(&mut buffer).map_err(at(source))?;
        if count == 0 {
            break;
        }
        let piece = &buffer[..count];
        sum.write(piece);
        part.as_file_mut().write_all(piece).map_err(at(&target))?;
        advance(&bar, count as u64);
    }
    let complete = bar.position() >= metadata.len();
    ensure!(complete, "{}: cut while it was copied", source.display());

    bar.set_message("syncing");
    part.as_file().sync_all().map_err(at(&target))?;
    let renamed = part.persist(&target).map_err(|error| error.error);
    renamed.map_err(at(&target))?;
    bar.finish_and_clear();
    // The copy is complete, even if nobody reads this line.
    let _ = writeln!(io::stdout(), "{}", sum_line(sum.finish_128(), &target));
    Ok(())
}

/// Creates a temporary file with the owner and the permissions that `cp` would
/// leave. It is removed when it is dropped.
#[cfg(unix)]
fn create_part(target: &Path, source: &Metadata) -> anyhow::Result<NamedTempFile> {
    use std::fs::Permissions;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};

    let folder = target.parent().unwrap_or(Path::new(""));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".copy-");
    let Ok(old) = fs::metadata(target) else {
        // Leave out the setuid bit, since the copy may have another owner.
        builder.permissions(Permissions::from_mode(source.mode() & 0o777));
        return Ok(builder.tempfile_in(folder)?);
    };

    ensure!(old.is_file(), "exists and is not a file");
    ensure!(old.nlink() == 1, "has other hard links, which would stay");
    // This fails if the file is read-only.
    File::options().write(true).open(target)?;
    let part = builder.tempfile_in(folder)?;
    fchown(&part, Some(old.uid()), Some(old.gid()))?;
    let permissions = Permissions::from_mode(old.mode() & 0o777);
    part.as_file().set_permissions(permissions)?;
    Ok(part)
}

#[cfg(not(unix))]
fn create_part(target: &Path, _source: &Metadata) -> anyhow::Result<NamedTempFile> {
    let folder = target.parent().unwrap_or(Path::new(""));
    Ok(NamedTempFile::with_prefix_in(".copy-", folder)?)
}

/// Moves the bar or, if no terminal shows it, prints quarters.
fn advance(bar: &ProgressBar, bytes: u64) {
    let size = bar.length().unwrap_or_default().max(1);
    let before = bar.position() * 4 / size;
    bar.inc(bytes);
    let quarters = bar.position() * 4 / size;
    if bar.is_hidden() && quarters > before && quarters < 4 {
        log(&format!("{}: {} %", bar.prefix(), quarters * 25));
    }
}

/// The line that `xxh128sum` prints.
fn sum_line(sum: u128, path: &Path) -> String {
    let name = path.to_string_lossy();
    let escaped = name
        .replace('\\', r"\\")
        .replace('\n', r"\n")
        .replace('\r', r"\r");
    let mark = if escaped == name { "" } else { r"\" };
    format!("{mark}{sum:032x}  {escaped}")
}

/// Puts the path in front of an error that does not name it.
fn at(path: &Path) -> impl Fn(io::Error) -> anyhow::Error {
    move |error| anyhow!("{}: {error}", path.display())
}

/// Catches Ctrl-C from this call on. (`tokio::signal::ctrl_c` would catch it
/// only from its first poll on, and an early Ctrl-C would kill the program.)
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
