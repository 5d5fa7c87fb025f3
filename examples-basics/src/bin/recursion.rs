//! Call an `async fn` from itself with `Box::pin`.
//!
//! `size` adds up the sizes of the files in a directory, and calls itself for
//! each directory inside. A future contains the futures that it awaits. So a
//! future of `size` would contain another future of `size`, which would contain
//! a third, without end. Such a function does not compile (E0733). `Box::pin`
//! puts the inner future on the heap, so the outer one contains only a pointer.
//!
//! ```console
//! $ cargo run -p examples-basics --bin recursion
//! alps: 2500 bytes
//! summer: 4000 bytes
//! photos: 4300 bytes
//! ```
//!
//! The stack still limits the depth, because the innermost call runs inside all
//! the outer ones. For trees of any depth, see `walk` in examples-io.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F fs,macros,rt-multi-thread
//! cargo add anyhow tempfile
//! ```

use std::io;
use std::path::Path;

use tokio::fs;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // This directory is removed when `scratch` is dropped.
    let scratch = tempfile::tempdir()?;
    let photos = scratch.path().join("photos");
    fs::create_dir_all(photos.join("summer/alps")).await?;
    // `[0; 300]` is 300 bytes, all of them 0.
    fs::write(photos.join("index.txt"), [0; 300]).await?;
    fs::write(photos.join("summer/lake.jpg"), [0; 1500]).await?;
    fs::write(photos.join("summer/alps/hut.jpg"), [0; 2500]).await?;

    size(&photos).await?;
    Ok(())
}

/// Prints and returns the total size of the files in a directory tree.
async fn size(directory: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    let mut entries = fs::read_dir(directory).await?;
    while let Some(entry) = entries.next_entry().await? {
        // Symbolic links are not followed, so `size` cannot run in a circle.
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
