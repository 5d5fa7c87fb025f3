//! Read a large file line by line, with a limit to the length of a line.
//!
//! `lines` makes room for each line, however long: one line of 16 MiB takes 16
//! MiB, and a file without an end of line all of its size. `take` before
//! `read_until` bounds it, so that memory is the same for any file. Bytes need
//! not be UTF-8, where `lines` would give up. Each refill of the buffer is a
//! trip to another thread, which 256 KiB instead of 8 make rare.
//!
//! ```console
//! $ cargo run -p examples-io --bin lines
//! broken: 100001 lines, the longest 16777216 bytes, which it held
//! fixed: 100000 lines, the longest 12 bytes, and 1 of more than 64 KiB
//! $ cargo run -q -p examples-io --bin lines no/such.log  # exit 1
//! no/such.log: [..] (os error [..])
//! ```
//!
//! It makes a file, or reads those that are its arguments.
//!
//! Copy it with `cargo add tokio -F fs,io-util,macros,rt-multi-thread`.

use std::path::Path;
use std::process::{self, ExitCode};
use std::{env, io};

use tokio::fs::{self, File};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, BufWriter};

const BUFFER: usize = 256 * 1024;
/// A longer line is no log entry; it is counted and not kept.
const MAX_LINE: usize = 64 * 1024;

#[tokio::main]
async fn main() -> io::Result<ExitCode> {
    let paths: Vec<_> = env::args_os().skip(1).collect();
    if paths.is_empty() {
        let path = env::temp_dir().join(format!("lines-{}.log", process::id()));
        let shown = show(&path).await;
        fs::remove_file(&path).await?;
        return shown.map(|()| ExitCode::SUCCESS);
    }

    let mut status = ExitCode::SUCCESS;
    for path in paths {
        let path = Path::new(&path);
        match fixed::count(path).await {
            Ok(counted) => println!("{}: {counted}", path.display()),
            Err(error) => {
                eprintln!("{}: {error}", path.display());
                status = ExitCode::FAILURE;
            }
        }
    }
    Ok(status)
}

async fn show(path: &Path) -> io::Result<()> {
    let mut log = BufWriter::new(File::create(path).await?);
    for number in 0..100_000 {
        log.write_all(format!("order {number:06}\n").as_bytes())
            .await?;
    }
    log.write_all(&vec![b'x'; 16 << 20]).await?;
    log.write_all(b"\n").await?;
    log.flush().await?;

    println!("broken: {}", broken::count(path).await?);
    println!("fixed: {}", fixed::count(path).await?);
    Ok(())
}

mod broken {
    use super::{AsyncBufReadExt, BufReader, File, Path, io};

    pub async fn count(path: &Path) -> io::Result<String> {
        let mut lines = BufReader::new(File::open(path).await?).lines();
        let (mut count, mut longest) = (0, 0);
        while let Some(line) = lines.next_line().await? {
            count += 1;
            longest = longest.max(line.len());
        }
        Ok(format!(
            "{count} lines, the longest {longest} bytes, which it held"
        ))
    }
}

mod fixed {
    use super::{AsyncBufReadExt, AsyncReadExt, BUFFER, BufReader, File, MAX_LINE, Path, io};

    pub async fn count(path: &Path) -> io::Result<String> {
        let file = File::open(path).await?;
        let mut file = BufReader::with_capacity(BUFFER, file);
        let (mut count, mut longest, mut too_long) = (0, 0, 0);
        let mut line = Vec::new();
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
            while !ended && read_piece(&mut file, &mut line).await? > 0 {
                ended = line.ends_with(b"\n");
            }
        }
        Ok(format!(
            "{count} lines, the longest {longest} bytes, and {too_long} of more \
             than 64 KiB"
        ))
    }

    /// Reads a line and its end, of one byte or two, or as much as these may be.
    async fn read_piece(file: &mut BufReader<File>, line: &mut Vec<u8>) -> io::Result<usize> {
        line.clear();
        file.take(MAX_LINE as u64 + 2).read_until(b'\n', line).await
    }
}
