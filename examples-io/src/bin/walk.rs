//! Walk a directory tree with a few directories read at once.
//!
//! A `JoinSet` holds the directories that are being read, a `Vec` those that
//! wait: at most eight reads at once, and no recursion, so that depth costs no
//! stack; files are counted and not kept. Each directory is one trip to the
//! thread pool and not one for each entry. A symbolic link is counted and not
//! followed: one that leads back up repeats the tree without end; Linux gives
//! up after 40 rounds and 4100 files of 100. What is closed, has gone, or has
//! too long a path is named on standard error, and the rest is walked.
//!
//! ```console
//! $ cargo run -p examples-io --bin walk
//! "[..]/all": Too many levels of symbolic links (os error [..])
//! broken, links followed: [..] directories, [..] files of [..], 1 failed
//! fixed: 211 directories, 100 files of 900 bytes, 1 links, 0 failed
//! $ cargo run -q -p examples-io --bin walk no/such  # exit 1
//! "no/such": [..] (os error [..])
//! 0 directories, 0 files of 0 bytes, 0 links, 1 failed
//! ```
//!
//! It makes a tree, or walks the directory that is its argument.
//!
//! Copy it with `cargo add tokio -F fs,macros,rt-multi-thread`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, ExitCode};
use std::{env, fmt, io};

use tokio::task::{JoinSet, spawn_blocking};

/// More would not make a disk faster, and take threads from others.
const AT_ONCE: usize = 8;

#[tokio::main]
async fn main() -> io::Result<ExitCode> {
    if let Some(root) = env::args_os().nth(1) {
        let count = walk(Path::new(&root), false).await?;
        println!("{count}");
        return Ok(if count.failed > 0 { 1.into() } else { 0.into() });
    }

    let root = env::temp_dir().join(format!("walk-{}", process::id()));
    let shown = show(&root).await;
    tokio::fs::remove_dir_all(&root).await?;
    shown.map(|()| ExitCode::SUCCESS)
}

async fn show(root: &Path) -> io::Result<()> {
    let store = root.to_path_buf();
    spawn_blocking(move || fill(&store)).await??;
    println!("broken, links followed: {}", walk(root, true).await?);
    println!("fixed: {}", walk(root, false).await?);
    Ok(())
}

fn fill(store: &Path) -> io::Result<()> {
    for shelf in 0..10 {
        for bin in 0..10 {
            let bin = store.join(format!("shelf-{shelf}/bin-{bin}"));
            fs::create_dir_all(&bin)?;
            fs::write(bin.join("parts"), "12 screws")?;
        }
    }
    fs::create_dir_all(store.join("box/".repeat(100)))?;
    #[cfg(unix)]
    std::os::unix::fs::symlink(store, store.join("all"))?;
    Ok(())
}

#[derive(Default)]
struct Count {
    directories: u64,
    files: u64,
    bytes: u64,
    links: u64,
    failed: u64,
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            directories,
            files,
            bytes,
            links,
            failed,
        } = self;
        write!(
            f,
            "{directories} directories, {files} files of {bytes} bytes"
        )?;
        write!(f, ", {links} links, {failed} failed")
    }
}

impl Count {
    /// In quotes, since a name may hold anything, an end of line too.
    fn fail(&mut self, path: &Path, error: &io::Error) {
        self.failed += 1;
        eprintln!("{:?}: {error}", path.display());
    }
}

async fn walk(root: &Path, follow: bool) -> io::Result<Count> {
    let mut waiting = vec![root.to_path_buf()];
    let mut reading = JoinSet::new();
    let mut sum = Count::default();
    loop {
        while reading.len() < AT_ONCE
            && let Some(directory) = waiting.pop()
        {
            reading.spawn_blocking(move || list(&directory, follow));
        }
        let Some(listed) = reading.join_next().await else {
            return Ok(sum);
        };
        let (count, inside) = listed?;
        waiting.extend(inside);
        sum.directories += count.directories;
        sum.files += count.files;
        sum.bytes += count.bytes;
        sum.links += count.links;
        sum.failed += count.failed;
    }
}

/// Counts what is in a directory, and tells the directories in it.
fn list(directory: &Path, follow: bool) -> (Count, Vec<PathBuf>) {
    let mut count = Count::default();
    let mut inside = Vec::new();
    if let Err(error) = read(directory, follow, &mut count, &mut inside) {
        count.fail(directory, &error);
    }
    (count, inside)
}

fn read(
    directory: &Path,
    follow: bool,
    count: &mut Count,
    inside: &mut Vec<PathBuf>,
) -> io::Result<()> {
    let entries = fs::read_dir(directory)?;
    count.directories += 1;
    for entry in entries {
        let entry = entry?;
        let path = entry.path();
        let found = if follow {
            fs::metadata(&path)
        } else {
            entry.metadata()
        };
        match found {
            Ok(found) if found.is_dir() => inside.push(path),
            Ok(found) if found.is_symlink() => count.links += 1,
            Ok(found) => {
                count.files += 1;
                count.bytes += found.len();
            }
            // Such as a file that has gone since its name was read.
            Err(error) => count.fail(&path, &error),
        }
    }
    Ok(())
}
