//! Read a file line by line with `BufReader` and `lines`.
//!
//! The program counts the failed requests in a log. Each read of a file is a
//! trip to another thread, so `BufReader` reads 8 KiB at a time, which is many
//! lines. `next_line` returns one of them without its `\n` or `\r\n`, and
//! `None` at the end of the file.
//!
//! ```console
//! $ cargo run -p examples-io --bin lines
//! 1000 requests, 10 failed
//! ```
//!
//! A line that is not UTF-8 is an error, and a long one fills the memory. If
//! you do not trust the file, see `bounded_lines`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F fs,io-util,macros,rt-multi-thread
//! cargo add anyhow tempfile
//! ```

use tokio::fs::{self, File};
use tokio::io::{AsyncBufReadExt, BufReader};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("requests.log");
    let log = ("GET /tea 200\n".repeat(99) + "GET /milk 500\n").repeat(10);
    fs::write(&path, log).await?;

    let file = File::open(&path).await?;
    let mut lines = BufReader::new(file).lines();
    let (mut requests, mut failed) = (0, 0);
    while let Some(line) = lines.next_line().await? {
        requests += 1;
        if line.ends_with(" 500") {
            failed += 1;
        }
    }
    println!("{requests} requests, {failed} failed");
    Ok(())
}
