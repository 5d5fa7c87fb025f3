//! Read many small files with `std::fs`, `tokio::fs` and one `spawn_blocking`.
//!
//! `tokio::fs` takes about five times as long as `std::fs` to read 50 small
//! files. It sends each call to the blocking pool (Tokio's threads for slow
//! calls) and waits for the answer. `std::fs` in an async function is fast, but
//! blocks the worker thread and the other tasks on it. One `spawn_blocking` for
//! all files is as fast and blocks no other task.
//!
//! ```console
//! $ cargo run --release -p examples-io --bin file_cost
//! std::fs: 51200 bytes
//! tokio::fs: 51200 bytes, ~5.1 times as long
//! one spawn_blocking: 51200 bytes, ~1.0 times as long
//! ```
//!
//! To see what blocking a worker thread does, see `blocking_the_runtime`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F fs,macros,rt-multi-thread
//! cargo add anyhow tempfile
//! ```

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::spawn_blocking;

const FILES: usize = 50;
const ROUNDS: usize = 100;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut files = Vec::new();
    for number in 0..FILES {
        let path = folder.path().join(format!("order-{number}"));
        tokio::fs::write(&path, [b'x'; 1024]).await?;
        files.push(path);
    }
    let files: Arc<[PathBuf]> = files.into();

    let (mut std_bytes, mut std_time) = (0, Duration::MAX);
    let (mut tokio_bytes, mut tokio_time) = (0, Duration::MAX);
    let (mut blocking_bytes, mut blocking_time) = (0, Duration::MAX);
    // Take the shortest time of several rounds: the others were disturbed.
    for _ in 0..ROUNDS {
        let start = Instant::now();
        std_bytes = read_with_std(&files)?;
        std_time = std_time.min(start.elapsed());

        let start = Instant::now();
        tokio_bytes = read_with_tokio(&files).await?;
        tokio_time = tokio_time.min(start.elapsed());

        let start = Instant::now();
        let shared = Arc::clone(&files);
        blocking_bytes = spawn_blocking(move || read_with_std(&shared)).await??;
        blocking_time = blocking_time.min(start.elapsed());
    }

    println!("std::fs: {std_bytes} bytes");
    let ratio = tokio_time.div_duration_f64(std_time);
    println!("tokio::fs: {tokio_bytes} bytes, {ratio:.1} times as long");
    let ratio = blocking_time.div_duration_f64(std_time);
    println!("one spawn_blocking: {blocking_bytes} bytes, {ratio:.1} times as long");
    Ok(())
}

fn read_with_std(files: &[PathBuf]) -> io::Result<usize> {
    let mut bytes = 0;
    for file in files {
        bytes += std::fs::read(file)?.len();
    }
    Ok(bytes)
}

async fn read_with_tokio(files: &[PathBuf]) -> io::Result<usize> {
    let mut bytes = 0;
    for file in files {
        bytes += tokio::fs::read(file).await?.len();
    }
    Ok(bytes)
}
