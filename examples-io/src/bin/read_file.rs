//! Read a file with `File::open`, `read_to_string` and `?`.
//!
//! The program reads a file that exists and one that does not. In `read_file`,
//! `?` returns the first error to `main`, whether it comes from opening or from
//! reading. An `io::Error` does not name its file, so `main` prints the path
//! too. A `main` that only prints the error would exit with status 0; return
//! `ExitCode::FAILURE` to tell the shell.
//!
//! ```console
//! $ cargo run -p examples-io --bin read_file
//! File contents: Hello from a file
//! Error: missing.txt: No such file or directory (os error 2)
//! # exit 1
//! ```
//!
//! To read a file in one call, see `read_to_string`. To read line by line, see
//! `lines`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F fs,io-util,macros,rt-multi-thread
//! cargo add anyhow tempfile
//! ```

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use tokio::fs::{self, File};
use tokio::io::{self, AsyncReadExt};

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let folder = tempfile::tempdir()?;
    let example = folder.path().join("example.txt");
    let written = fs::write(&example, "Hello from a file").await;
    written.context("cannot write example.txt")?;

    let mut status = ExitCode::SUCCESS;
    for path in [example.as_path(), Path::new("missing.txt")] {
        match read_file(path).await {
            Ok(contents) => println!("File contents: {contents}"),
            Err(error) => {
                eprintln!("Error: {}: {error}", path.display());
                status = ExitCode::FAILURE;
            }
        }
    }
    Ok(status)
}

async fn read_file(path: &Path) -> io::Result<String> {
    let mut file = File::open(path).await?;
    let mut contents = String::new();
    file.read_to_string(&mut contents).await?;
    Ok(contents)
}
