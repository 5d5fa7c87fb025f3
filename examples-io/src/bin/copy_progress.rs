//! Copy files with a checksum and a progress bar, in one `spawn_blocking`.
//!
//! Reading, hashing and writing block from end to end: done together, off the
//! runtime, 1 GiB takes 2 s in a release build, with all checks. Without any,
//! `tokio::io::copy`, which goes to another thread for every 8 KiB, takes 6 s.
//! Such a job cannot be aborted: it looks at a flag, which Ctrl-C sets. A copy
//! gets its name when it is whole, synced and read back with the same checksum.
//! That reads mostly from memory, and proves the way to the file; what the disk
//! loses later, `xxh128sum --check` finds with the lines printed here.
//!
//! ```console
//! $ cargo run -q -p examples-io --bin copy_progress 2>&1 | cat
//! orders.db: copying 25 %
//! orders.db: copying 50 %
//! orders.db: copying 75 %
//! orders.db: checking 25 %
//! orders.db: checking 50 %
//! orders.db: checking 75 %
//! d3b59424228b761f3d7421a97781556a  [..]copy.db
//! $ cargo run -q -p examples-io --bin copy_progress no/such.db .  # exit 1
//! no/such.db: [..] (os error [..])
//! ```
//!
//! Without the `| cat`, an `indicatif` bar stands in place of the quarters. It
//! makes a file, or copies `SOURCE... DESTINATION` as `cp` does. Killed, it
//! leaves a `.copy-…` beside the destination, and what was there.
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,signal`,
//! `cargo add indicatif --no-default-features`,
//! `cargo add twox-hash --no-default-features -F alloc,xxhash3_128` and
//! `cargo add anyhow`.

use std::collections::HashSet;
use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{self, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::{env, time::Duration};

use anyhow::{anyhow, bail, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::signal::ctrl_c;
use tokio::task::spawn_blocking;
use twox_hash::xxhash3_128::Hasher;

/// Larger ones are no faster.
const PIECE: usize = 256 * 1024;
const BAR: &str = "{prefix:16!} {msg:8} {wide_bar} {percent:>3} % \
                   {bytes_per_sec:>12} {eta:>4}";

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let mut paths: Vec<_> = env::args_os().skip(1).map(PathBuf::from).collect();
    let stop = Arc::new(AtomicBool::new(false));
    let asked = stop.clone();
    let mut job = spawn_blocking(move || match paths.pop() {
        None => copy_sample(&asked),
        Some(to) => copy_all(&paths, &to, &asked),
    });
    tokio::select! {
        done = &mut job => done?,
        pressed = ctrl_c() => {
            pressed?;
            stop.store(true, Relaxed);
            job.await?
        }
    }
}

fn copy_sample(stop: &AtomicBool) -> anyhow::Result<ExitCode> {
    let folder = format!("copy_progress-{}", process::id());
    let folder = env::temp_dir().join(folder);
    fs::create_dir(&folder)?;
    let orders = folder.join("orders.db");
    let copied = write_sample(&orders).map_err(at(&orders));
    let copied = copied.and_then(|()| copy_all(&[orders], &folder.join("copy.db"), stop));
    fs::remove_dir_all(&folder)?;
    copied
}

fn write_sample(path: &Path) -> io::Result<()> {
    let mut file = File::create(path)?;
    for byte in 0..128 {
        file.write_all(&vec![byte; PIECE])?;
    }
    Ok(())
}

fn copy_all(from: &[PathBuf], to: &Path, stop: &AtomicBool) -> anyhow::Result<ExitCode> {
    ensure!(
        !from.is_empty(),
        "usage: copy_progress SOURCE... DESTINATION"
    );
    // `backup/` that is missing is refused here, not after an hour of copying.
    let into = to.is_dir() || to.as_os_str().as_encoded_bytes().ends_with(b"/");
    ensure!(into || from.len() == 1, "{}: not a folder", to.display());
    let mut status = ExitCode::SUCCESS;
    let mut written = HashSet::new();
    for from in from {
        let name = from.file_name().unwrap_or_default();
        let to = if into {
            to.join(name)
        } else {
            to.to_path_buf()
        };
        let copied = if written.insert(to.clone()) {
            copy(from, &to, stop)
        } else {
            Err(anyhow!(
                "{}: another of this name is copied",
                from.display()
            ))
        };
        match copied {
            // As `xxh128sum` prints it, and `xxh128sum --check` reads it.
            Ok(sum) => println!("{sum:032x}  {}", to.display()),
            Err(error) => {
                eprintln!("{error}");
                status = ExitCode::FAILURE;
                if stop.load(Relaxed) {
                    return Ok(ExitCode::from(130));
                }
            }
        }
    }
    Ok(status)
}

fn copy(from: &Path, to: &Path, stop: &AtomicBool) -> anyhow::Result<u128> {
    let about = fs::metadata(from).map_err(at(from))?;
    // To open a pipe is to wait for its other end; a device may never end.
    ensure!(about.is_file(), "{}: not a file", from.display());
    // The rename would put a file in the place of a device, even of /dev/null.
    let replaces = fs::metadata(to).is_ok_and(|old| !old.is_file());
    ensure!(!replaces, "{}: there, and not a file", to.display());

    let name = from.file_name().unwrap_or_default().to_string_lossy();
    let bar = ProgressBar::new(about.len())
        .with_style(ProgressStyle::with_template(BAR)?)
        .with_prefix(name.into_owned());
    // It moves while a slow disk does not.
    bar.enable_steady_tick(Duration::from_millis(100));

    let mut source = File::open(from).map_err(at(from))?;
    let mut part = Part::create(to).map_err(at(to))?;
    part.file
        .set_permissions(about.permissions())
        .map_err(at(to))?;
    bar.set_message("copying");
    let sum = read(&mut source, from, &bar, stop, |piece| {
        part.file.write_all(piece).map_err(at(to))
    })?;
    let (got, size) = (bar.position(), about.len());
    ensure!(
        got >= size,
        "{}: cut to {got} of {size} bytes",
        from.display()
    );

    bar.set_message("syncing");
    part.file.sync_all().map_err(at(to))?;

    bar.reset();
    bar.set_message("checking");
    part.file.rewind().map_err(at(to))?;
    let again = read(&mut part.file, to, &bar, stop, |_| Ok(()))?;
    ensure!(again == sum, "{}: not what was written", to.display());
    fs::rename(&part.path, to).map_err(at(to))?;
    Ok(sum)
}

/// Puts the path before an error that does not name it.
fn at(path: &Path) -> impl Fn(io::Error) -> anyhow::Error {
    move |error| anyhow!("{}: {error}", path.display())
}

/// A file that is removed when it is dropped, unless it has been renamed.
struct Part {
    path: PathBuf,
    file: File,
}

impl Part {
    fn create(to: &Path) -> io::Result<Self> {
        // In the same folder: a rename does not cross file systems. Random, as
        // process ids are the same in every container.
        let name = format!(".copy-{:016x}", RandomState::new().hash_one(()));
        let path = to.with_file_name(name);
        let mut options = File::options();
        options.read(true).write(true).create_new(true);
        // Others may not open it before it has the permissions of its source.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(Self {
            file: options.open(&path)?,
            path,
        })
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // Renamed, it is not there; and a full disk is complained of already.
        let _ = fs::remove_file(&self.path);
    }
}

/// Reads to the end, hands on each piece, and gives the checksum of all.
fn read(
    file: &mut File,
    path: &Path,
    bar: &ProgressBar,
    stop: &AtomicBool,
    mut then: impl FnMut(&[u8]) -> anyhow::Result<()>,
) -> anyhow::Result<u128> {
    let mut sum = Hasher::new();
    let mut buffer = vec![0; PIECE];
    loop {
        if stop.load(Relaxed) {
            bail!("{}: interrupted", path.display());
        }
        let count = file.read(&mut buffer).map_err(at(path))?;
        if count == 0 {
            return Ok(sum.finish_128());
        }
        sum.write(&buffer[..count]);
        then(&buffer[..count])?;
        advance(bar, count as u64);
    }
}

/// Moves the bar or, where there is no terminal to show it, prints quarters.
fn advance(bar: &ProgressBar, bytes: u64) {
    let size = bar.length().unwrap_or_default().max(1);
    let before = bar.position() * 4 / size;
    bar.inc(bytes);
    let quarters = bar.position() * 4 / size;
    if bar.is_hidden() && quarters > before && quarters < 4 {
        let (name, doing) = (bar.prefix(), bar.message());
        eprintln!("{name}: {doing} {} %", quarters * 25);
    }
}
