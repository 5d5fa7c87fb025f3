//! Read many small files by `tokio::fs`, `std::fs` and one `spawn_blocking`.
//!
//! Files have no readiness to wait for: `tokio::fs` sends each call to a thread
//! of a pool and waits for the answer. That trip costs more than it costs to
//! read a small file from the cache: by `tokio::fs` it takes 3 to 7 times as
//! long. For many of them send the whole job: one `spawn_blocking` is as fast
//! as `std::fs`, and does not hold up other tasks as `std::fs` in an `async fn`
//! would.
//!
//! ```console
//! $ cargo run -p examples-io --bin file_cost
//! 200 files of 1 KiB
//! std::fs, the runtime held up: 204800 bytes
//! tokio::fs, one after the other: 204800 bytes, [..] times as long
//! one spawn_blocking: 204800 bytes, [..] times as long
//! ```
//!
//! Copy it with `cargo add tokio -F fs,macros,rt-multi-thread`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{env, io, process};

use tokio::task::spawn_blocking;

const FILES: usize = 200;
const RUNS: u32 = 5;

#[tokio::main]
async fn main() -> io::Result<()> {
    let folder = env::temp_dir().join(format!("file_cost-{}", process::id()));
    tokio::fs::create_dir(&folder).await?;
    let compared = compare(&folder).await;
    tokio::fs::remove_dir_all(&folder).await?;
    compared
}

async fn compare(folder: &Path) -> io::Result<()> {
    let files: Arc<[PathBuf]> = (0..FILES)
        .map(|number| folder.join(number.to_string()))
        .collect();
    for file in files.iter() {
        tokio::fs::write(file, [b'p'; 1024]).await?;
    }
    println!("{FILES} files of 1 KiB");

    let (bytes, std) = fastest(async || read_by_std(&files)).await?;
    println!("std::fs, the runtime held up: {bytes} bytes");

    let (bytes, time) = fastest(async || read_by_tokio(&files).await).await?;
    let ratio = ratio(time, std);
    println!("tokio::fs, one after the other: {bytes} bytes, {ratio}");

    let (bytes, time) = fastest(async || {
        let files = files.clone();
        spawn_blocking(move || read_by_std(&files)).await?
    })
    .await?;
    let ratio = self::ratio(time, std);
    println!("one spawn_blocking: {bytes} bytes, {ratio}");
    Ok(())
}

/// What `read` gives, and its shortest time: what took longer was held up by
/// something else.
async fn fastest(read: impl AsyncFn() -> io::Result<usize>) -> io::Result<(usize, Duration)> {
    let mut shortest = (0, Duration::MAX);
    for _ in 0..RUNS {
        let start = Instant::now();
        let bytes = read().await?;
        shortest = (bytes, shortest.1.min(start.elapsed()));
    }
    Ok(shortest)
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
