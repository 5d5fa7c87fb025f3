//! Write a file with `write_all`, and `flush` it before the drop.
//!
//! The program writes 200 invoices and checks each one immediately. Without
//! `flush`, most are still short. A `tokio::fs::File` passes its bytes to
//! another thread, and `write_all` returns before they are in the file. A drop
//! does not wait for them, and loses an error, such as a full disk.
//!
//! ```console
//! $ cargo run -p examples-io --bin write_file
//! broken, dropped: ~160 of 200 files are short
//! fixed, flushed: 0 of 200 files are short
//! ```
//!
//! To write a whole file in one call, use `fs::write`, which flushes too. To
//! replace a file that others read, see `atomic_write`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F fs,io-util,macros,rt-multi-thread
//! cargo add anyhow tempfile
//! ```

use std::path::Path;

use tokio::fs::File;
use tokio::io::{self, AsyncWriteExt};

const FILES: usize = 200;
const INVOICE: &[u8] = &[b'x'; 64 * 1024];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;

    let mut short = 0;
    for number in 0..FILES {
        let path = folder.path().join(format!("broken-{number}"));
        broken(&path).await?;
        if length(&path)? < INVOICE.len() as u64 {
            short += 1;
        }
    }
    println!("broken, dropped: {short} of {FILES} files are short");

    let mut short = 0;
    for number in 0..FILES {
        let path = folder.path().join(format!("fixed-{number}"));
        fixed(&path).await?;
        if length(&path)? < INVOICE.len() as u64 {
            short += 1;
        }
    }
    println!("fixed, flushed: {short} of {FILES} files are short");
    Ok(())
}

/// Uses `std`, so it sees the length immediately, as another program would.
fn length(path: &Path) -> io::Result<u64> {
    Ok(std::fs::metadata(path)?.len())
}

async fn broken(path: &Path) -> io::Result<()> {
    let mut file = File::create(path).await?;
    file.write_all(INVOICE).await
}

async fn fixed(path: &Path) -> io::Result<()> {
    let mut file = File::create(path).await?;
    file.write_all(INVOICE).await?;
    // Wait for the write, and return its error.
    file.flush().await
}
