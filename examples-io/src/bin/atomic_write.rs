//! Replace a file atomically: write a temporary file, then rename it.
//!
//! A timeout cancels a writer in the middle of a price list. `File::create` has
//! already emptied the old list, so a reader finds half a list. A crash would
//! leave the same. With a rename, the change is atomic (all or nothing): a
//! reader finds either the old list or the new one. A canceled writer drops its
//! temporary file, which removes it.
//!
//! ```console
//! $ cargo run -p examples-io --bin atomic_write
//! broken, canceled: green 5, black 6
//! fixed, canceled: green 4, black 5, white 6, mint 3
//! files in the folder: 1
//! fixed, completed: green 5, black 6, white 7, mint 4
//! permissions kept: true
//! ```
//!
//! To see why a file needs `flush`, see `write_file`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F fs,io-util,macros,rt-multi-thread,time
//! cargo add anyhow tempfile
//! ```

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use tempfile::NamedTempFile;
use tokio::fs::{self, File};
use tokio::io::AsyncWriteExt;
use tokio::time::{sleep, timeout};

const LIMIT: Duration = Duration::from_millis(100);
const OLD_LIST: &str = "green 4\nblack 5\nwhite 6\nmint 3\n";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let list = folder.path().join("prices");

    fs::write(&list, OLD_LIST).await?;
    if timeout(LIMIT, broken(&list)).await.is_err() {
        println!("broken, canceled: {}", read(&list).await?);
    }

    fs::write(&list, OLD_LIST).await?;
    if timeout(LIMIT, fixed(&list)).await.is_err() {
        println!("fixed, canceled: {}", read(&list).await?);
    }
    let files = std::fs::read_dir(&folder)?.count();
    println!("files in the folder: {files}");

    let old = fs::metadata(&list).await?.permissions();
    fixed(&list).await?;
    let new = fs::metadata(&list).await?.permissions();
    println!("fixed, completed: {}", read(&list).await?);
    println!("permissions kept: {}", new == old);
    Ok(())
}

async fn read(list: &Path) -> anyhow::Result<String> {
    let prices = fs::read_to_string(list).await?;
    Ok(prices.trim_end().replace('\n', ", "))
}

async fn broken(list: &Path) -> anyhow::Result<()> {
    let mut file = File::create(list).await?;
    write_prices(&mut file).await
}

async fn fixed(list: &Path) -> anyhow::Result<()> {
    // A rename must stay in one file system. `tempfile` blocks, but not for
    // long.
    let folder = list.parent().context("the list has no folder")?;
    let (file, temporary_path) = NamedTempFile::new_in(folder)?.into_parts();
    let mut file = File::from_std(file);

    // A temporary file is private. Give it the permissions of the old list.
    if let Ok(old) = fs::metadata(list).await {
        file.set_permissions(old.permissions()).await?;
    }
    write_prices(&mut file).await?;
    // Otherwise a crash soon after the rename may leave an empty list.
    file.sync_all().await?;
    temporary_path.persist(list)?;
    Ok(())
}

/// Writes the prices as they arrive: two at first, two more after 200 ms.
async fn write_prices(file: &mut File) -> anyhow::Result<()> {
    file.write_all(b"green 5\nblack 6\n").await?;
    file.flush().await?;
    sleep(Duration::from_millis(200)).await;
    file.write_all(b"white 7\nmint 4\n").await?;
    file.flush().await?;
    Ok(())
}
