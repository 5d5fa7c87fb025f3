//! Call an `async fn` from itself by way of `Box::pin`.
//!
//! A future contains the futures that it awaits, so one that awaits its own
//! kind would be of infinite size, and does not compile (E0733). `Box::pin`
//! puts the inner one on the heap: one box for each directory. The stack limits
//! the depth all the same, since each poll of the innermost call passes through
//! all those around it.
//!
//! ```console
//! $ cargo run -p examples-basics --bin recursion
//! alps: 2500 bytes
//! summer: 4000 bytes
//! photos: 4300 bytes
//! ```
//!
//! Copy it with `cargo add tokio -F fs,macros,rt-multi-thread` and
//! `cargo add anyhow`.

use std::path::Path;
use std::{env, io, process};

use anyhow::Context;
use tokio::fs;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let scratch = env::temp_dir().join(format!("recursion-{}", process::id()));
    let in_scratch = || format!("in {}", scratch.display());
    fs::create_dir(&scratch).await.with_context(in_scratch)?;

    // The directory goes before an error may end the program.
    let outcome = measure_photos(&scratch.join("photos")).await;
    fs::remove_dir_all(&scratch)
        .await
        .with_context(in_scratch)?;
    outcome.with_context(in_scratch)
}

async fn measure_photos(photos: &Path) -> io::Result<()> {
    let summer = photos.join("summer");
    let alps = summer.join("alps");
    fs::create_dir_all(&alps).await?;
    fs::write(photos.join("index.txt"), [0; 300]).await?;
    fs::write(summer.join("lake.jpg"), [0; 1500]).await?;
    fs::write(alps.join("hut.jpg"), [0; 2500]).await?;

    size(photos).await?;
    Ok(())
}

/// Adds up the files in a directory and all below it, and prints each sum.
async fn size(directory: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    let mut entries = fs::read_dir(directory).await?;
    while let Some(entry) = entries.next_entry().await? {
        // This does not follow symbolic links, so there are no circles.
        let metadata = entry.metadata().await?;
        bytes += if metadata.is_dir() {
            Box::pin(size(&entry.path())).await?
        } else {
            metadata.len()
        };
    }
    let name = directory.file_name().unwrap_or(directory.as_os_str());
    println!("{}: {bytes} bytes", name.display());
    Ok(bytes)
}
