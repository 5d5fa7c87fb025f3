//! Limit the length of a line with `take` and `read_until`.
//!
//! A log has one line of 16 MiB, and `lines` holds all of it in memory. With
//! `take`, `read_until` stops at 64 KiB, and the program skips the rest. Memory
//! then stays the same for any file. `read_until` also accepts bytes that are
//! not UTF-8; `lines` returns an error for them.
//!
//! ```console
//! $ cargo run -p examples-io --bin bounded_lines
//! broken: 100001 lines, longest 16777216 bytes; memory ~31616 KiB
//! fixed: 100000 lines, longest 9 bytes, 1 too long; memory ~64 KiB
//! $ cargo run -q -p examples-io --bin bounded_lines missing.log
//! missing.log: No such file or directory (os error 2)
//! # exit 1
//! ```
//!
//! With arguments, it counts the lines of those files.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F fs,io-util,macros,rt-multi-thread
//! cargo add anyhow tempfile
//! ```

use std::env;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use tokio::fs::{self, File};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

const MAX_LINE: usize = 64 * 1024;
/// Each refill is a trip to another thread. A large buffer makes it rare.
const BUFFER: usize = 256 * 1024;

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let paths: Vec<_> = env::args_os().skip(1).map(PathBuf::from).collect();
    if paths.is_empty() {
        compare().await?;
        return Ok(ExitCode::SUCCESS);
    }
    match count_all(&paths).await {
        // Nobody reads the output any more, as after `| head -1`.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        counted => Ok(counted?),
    }
}

async fn compare() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let log = folder.path().join("stock.log");
    let text = "12 screws\n".repeat(100_000) + &"x".repeat(16 << 20);
    fs::write(&log, text).await?;

    println!("broken: {}", broken(&log).await?);
    println!("fixed: {}", fixed(&log).await?);
    Ok(())
}

async fn count_all(paths: &[PathBuf]) -> io::Result<ExitCode> {
    let mut status = ExitCode::SUCCESS;
    for path in paths {
        match fixed(path).await {
            Ok(counted) => writeln!(io::stdout(), "{}: {counted}", path.display())?,
            Err(error) => {
                writeln!(io::stderr(), "{}: {error}", path.display())?;
                status = ExitCode::FAILURE;
            }
        }
    }
    Ok(status)
}

async fn broken(path: &Path) -> io::Result<String> {
    let mut lines = BufReader::new(File::open(path).await?).lines();
    let (mut count, mut longest, mut memory) = (0, 0, 0);
    while let Some(line) = lines.next_line().await? {
        count += 1;
        longest = longest.max(line.len());
        memory = memory.max(line.capacity() / 1024);
    }
    Ok(format!(
        "{count} lines, longest {longest} bytes; memory {memory} KiB"
    ))
}

async fn fixed(path: &Path) -> io::Result<String> {
    let mut file = BufReader::with_capacity(BUFFER, File::open(path).await?);
    let mut line = Vec::with_capacity(MAX_LINE + 2);
    let (mut count, mut longest, mut too_long) = (0, 0, 0);
    while read_piece(&mut file, &mut line).await? > 0 {
        let mut ended = line.pop_if(|byte| *byte == b'\n').is_some();
        if ended {
            line.pop_if(|byte| *byte == b'\r');
        }
        if line.len() <= MAX_LINE {
            count += 1;
            longest = longest.max(line.len());
            continue;
        }
        too_long += 1;
        // Skip the rest of the line, piece by piece.
        while !ended && read_piece(&mut file, &mut line).await? > 0 {
            ended = line.ends_with(b"\n");
        }
    }
    let memory = line.capacity() / 1024;
    Ok(format!(
        "{count} lines, longest {longest} bytes, {too_long} too long; memory {memory} KiB"
    ))
}

/// Reads one line with its `\n` or `\r\n`, at most `MAX_LINE + 2` bytes.
async fn read_piece(file: &mut BufReader<File>, line: &mut Vec<u8>) -> io::Result<usize> {
    line.clear();
    file.take(MAX_LINE as u64 + 2).read_until(b'\n', line).await
}
