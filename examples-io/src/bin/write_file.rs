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
//! broken, overwritten: [..] of [..] reads found less than a whole list
//! fixed, renamed: 0 of [..] reads found less than a whole list
//! ```
//!
//! Copy it with `cargo add tokio -F fs,io-util,macros,rt-multi-thread`.

use std::path::Path;
use std::{env, io, process};

use tokio::fs::{self, File};
use tokio::io::AsyncWriteExt;

const PRICE_LIST: &[u8] = &[b'p'; 1 << 18];
const ORDER: &[u8] = b"2 loaves, 1 tea\n";

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
    let (torn, reads) = torn_reads(&list, broken::replace).await?;
    print!("broken, overwritten: {torn} of {reads} reads ");
    println!("found less than a whole list");
    let (torn, reads) = torn_reads(&list, fixed::replace).await?;
    print!("fixed, renamed: {torn} of {reads} reads ");
    println!("found less than a whole list");
    Ok(())
}

/// Writes files and reads each at once; tells how many were not whole.
async fn short_files(folder: &Path, flush: bool) -> io::Result<u32> {
    let mut short = 0;
    for number in 0..200 {
        let path = folder.join(format!("order-{number}"));
        let mut file = File::create(&path).await?;
        file.write_all(ORDER).await?;
        if flush {
            file.flush().await?;
        }
        drop(file);
        short += u32::from(fs::read(&path).await? != ORDER);
    }
    Ok(short)
}

/// Replaces a list fifty times, and reads it all the while.
async fn torn_reads(
    list: &Path,
    replace: impl AsyncFn(&Path) -> io::Result<()>,
) -> io::Result<(u32, u32)> {
    replace(list).await?;
    let (mut torn, mut reads) = (0, 0);
    let write = async {
        for _ in 0..50 {
            replace(list).await?;
        }
        io::Result::Ok(())
    };
    tokio::pin!(write);
    loop {
        tokio::select! {
            written = &mut write => return written.map(|()| (torn, reads)),
            read = fs::read(list) => {
                torn += u32::from(read?.len() < PRICE_LIST.len());
                reads += 1;
            }
        }
    }
}

mod broken {
    use super::{PRICE_LIST, Path, fs, io};

    pub async fn replace(list: &Path) -> io::Result<()> {
        fs::write(list, PRICE_LIST).await
    }
}

mod fixed {
    use super::{AsyncWriteExt, File, PRICE_LIST, Path, fs, io};

    pub async fn replace(list: &Path) -> io::Result<()> {
        // In the same folder: a rename does not cross file systems.
        let new = list.with_extension("new");
        let mut file = File::create(&new).await?;
        file.write_all(PRICE_LIST).await?;
        // `sync_all` waits for the write too, but keeps its error to itself.
        file.flush().await?;
        // Or a crash soon after may leave an empty file under the new name.
        file.sync_all().await?;
        fs::rename(new, list).await
    }
}
