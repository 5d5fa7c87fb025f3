//! Read many small files by `tokio::fs`, `std::fs` and one `spawn_blocking`.
//!
//! Files have no readiness to wait for: `tokio::fs` sends each call to a thread
//! of a pool and waits for the answer, which costs more than reading a small
//! file from the cache does. For many of them send the whole job: one
//! `spawn_blocking` is as fast as `std::fs`, and does not hold up other tasks
//! as `std::fs` in an `async fn` would. Of one large file the trips cost
//! little.
//!
//! ```console
//! $ cargo run -p examples-io --bin file_cost
//! 3000 files of 1 KiB
//! std::fs, the runtime held up: 3072000 bytes
//! tokio::fs, one after the other: 3072000 bytes, [..] times as long
//! one spawn_blocking: 3072000 bytes, [..] times as long
//! ```
//!
//! Copy it with `cargo add tokio -F fs,macros,rt-multi-thread`.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{env, io, process};

use tokio::task::spawn_blocking;

const FILES: usize = 3000;

#[tokio::main]
async fn main() -> io::Result<()> {
    let folder = env::temp_dir().join(format!("file_cost-{}", process::id()));
    tokio::fs::create_dir(&folder).await?;
    let compared = compare(&folder).await;
    tokio::fs::remove_dir_all(&folder).await?;
    compared
}

async fn compare(folder: &Path) -> io::Result<()> {
    let files: Vec<PathBuf> =
        (0..FILES).map(|number| folder.join(number.to_string())).collect();
    for file in &files {
        tokio::fs::write(file, [b'p'; 1024]).await?;
    }
    println!("{FILES} files of 1 KiB");

    let start = Instant::now();
    let bytes = read_by_std(&files)?;
    let std = start.elapsed();
    println!("std::fs, the runtime held up: {bytes} bytes");

    let start = Instant::now();
    let bytes = read_by_tokio(&files).await?;
    let ratio = ratio(start.elapsed(), std);
    println!("tokio::fs, one after the other: {bytes} bytes, {ratio}");

    let start = Instant::now();
    let bytes = spawn_blocking(move || read_by_std(&files)).await??;
    let ratio = self::ratio(start.elapsed(), std);
    println!("one spawn_blocking: {bytes} bytes, {ratio}");
    Ok(())
}

fn read_by_std(files: &[PathBuf]) -> io::Result<usize> {
    let mut bytes = 0;
    for file in files {
        bytes += std::fs::read(file)?.len();
    }
    Ok(bytes)
}

async fn read_by_tokio(files: &[PathBuf]) -> io::Result<usize> {
    let mut bytes = 0;
    for file in files {
        bytes += tokio::fs::read(file).await?.len();
    }
    Ok(bytes)
}

fn ratio(time: Duration, std: Duration) -> String {
    format!("{:.1} times as long", time.div_duration_f64(std))
}
