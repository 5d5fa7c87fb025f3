//! Write a file whole: `flush` before the drop, `rename` over the old one.
//!
//! A `tokio::fs::File` hands each write to another thread. `write_all` returns
//! before the bytes are in the file, and a drop does not wait: without `flush`
//! the next reader finds files cut short, and a full disk goes unnoticed.
//! `fs::write` flushes, but empties the old file first, so that a reader may
//! find half a list. Written beside it and renamed, a file is the old or the
//! new one.
//!
//! ```console
//! $ cargo run -p examples-io --bin write_file
//! broken, dropped: [..] of 200 files are short
//! fixed, flushed: 0 of 200 files are short
//! broken, overwritten: [..] of 50 reads are short
//! fixed, renamed: 0 of 50 reads are short
//! ```
//!
//! Copy it with `cargo add tokio -F fs,io-util,macros,rt-multi-thread`.

use std::path::Path;
use std::{env, io, process};

use tokio::fs::{self, File};
use tokio::io::AsyncWriteExt;

const PRICE_LIST: &[u8] = &[b'p'; 1 << 16];

#[tokio::main]
async fn main() -> io::Result<()> {
    let folder = format!("write_file-{}", process::id());
    let folder = env::temp_dir().join(folder);
    fs::create_dir(&folder).await?;
    let shown = show(&folder).await;
    fs::remove_dir_all(&folder).await?;
    shown
}

async fn show(folder: &Path) -> io::Result<()> {
    let short = short_files(folder, false).await?;
    println!("broken, dropped: {short} of 200 files are short");
    let short = short_files(folder, true).await?;
    println!("fixed, flushed: {short} of 200 files are short");

    let list = folder.join("prices");
    let short = short_reads(&list, broken).await?;
    println!("broken, overwritten: {short} of 50 reads are short");
    let short = short_reads(&list, fixed).await?;
    println!("fixed, renamed: {short} of 50 reads are short");
    Ok(())
}

/// Writes files and reads each at once; tells how many were not whole.
async fn short_files(folder: &Path, flush: bool) -> io::Result<u32> {
    let mut short = 0;
    for number in 0..200 {
        let path = folder.join(format!("order-{number}"));
        let mut file = File::create(&path).await?;
        file.write_all(PRICE_LIST).await?;
        if flush {
            file.flush().await?;
        }
        drop(file);
        // `std` reads at once, as another process would.
        short += u32::from(std::fs::read(path)? != PRICE_LIST);
    }
    Ok(short)
}

/// Reads a list while it is replaced; tells how often it was not whole.
async fn short_reads(
    list: &Path,
    replace: impl AsyncFn(&Path) -> io::Result<()>,
) -> io::Result<u32> {
    replace(list).await?;
    let mut short = 0;
    for _ in 0..50 {
        let ((), read) = tokio::try_join!(replace(list), fs::read(list))?;
        short += u32::from(read != PRICE_LIST);
    }
    Ok(short)
}

async fn broken(list: &Path) -> io::Result<()> {
    fs::write(list, PRICE_LIST).await
}

async fn fixed(list: &Path) -> io::Result<()> {
    // In the same folder: a rename does not cross file systems. Two writers at
    // once would need two names.
    let new = list.with_extension("new");
    let mut file = File::create(&new).await?;
    file.write_all(PRICE_LIST).await?;
    // `sync_all` waits for the write too, but keeps its error to itself.
    file.flush().await?;
    // Or a crash soon after may leave an empty file under the new name.
    file.sync_all().await?;
    fs::rename(new, list).await
}
