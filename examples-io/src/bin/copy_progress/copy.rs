//! Copies a file, without a runtime.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use anyhow::{Context, anyhow, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use tempfile::NamedTempFile;
use twox_hash::xxhash3_128::Hasher;

use crate::log;

/// A larger buffer is no faster.
pub const BUFFER: usize = 256 * 1024;
const BAR: &str = "{prefix:16!} {msg} {wide_bar} {percent:>3} % {bytes_per_sec:>12} {eta:>4}";

/// Copies until `stop` is set.
pub fn copy(source: &Path, target: &Path, stop: &AtomicBool) -> anyhow::Result<()> {
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
pub fn at(path: &Path) -> impl Fn(io::Error) -> anyhow::Error {
    move |error| anyhow!("{}: {error}", path.display())
}
