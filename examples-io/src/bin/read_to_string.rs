//! Read a whole file with `tokio::fs::read_to_string`.
//!
//! Without an argument, the program reads a file that it has written itself.
//! The second run names a file that does not exist: `main` prints the error,
//! and the program continues. A thread of the blocking pool (Tokio's threads
//! for slow calls) reads the file. Only `main` waits for it at the `.await`;
//! the worker threads stay free for other tasks.
//!
//! ```console
//! $ cargo run -p examples-io --bin read_to_string
//! Reading file content asynchronously...
//! File content:
//! Hello Async!
//! Program continues after reading the file!
//! $ cargo run -q -p examples-io --bin read_to_string data.txt
//! Reading file content asynchronously...
//! Failed to read file: data.txt: No such file or directory (os error 2)
//! Program continues after reading the file!
//! ```
//!
//! The whole file is held in memory. To read a large one line by line, see
//! `lines`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F fs,macros,rt-multi-thread
//! cargo add anyhow tempfile
//! ```

use std::env;
use std::path::PathBuf;

use anyhow::Context;
use tokio::fs;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut path = folder.path().join("data.txt");
    if let Some(argument) = env::args_os().nth(1) {
        path = PathBuf::from(argument);
    } else {
        let written = fs::write(&path, "Hello Async!").await;
        written.context("cannot write data.txt")?;
    }

    println!("Reading file content asynchronously...");
    match fs::read_to_string(&path).await {
        Ok(content) => println!("File content:\n{content}"),
        Err(error) => eprintln!("Failed to read file: {}: {error}", path.display()),
    }
    println!("Program continues after reading the file!");
    Ok(())
}
