//! Read a file that is there and one that is missing, with `?` and `match`.
//!
//! An `io::Error` does not know which file it is about: "No such file or
//! directory" alone sends whoever reads the log on a search. `with_context`
//! adds the path, `{:#}` prints it with its cause. What `main` has handled is
//! no failure of the program, which goes on and ends with status 0.
//!
//! ```console
//! $ cargo run -p examples-io --bin read_file
//! Reading file content asynchronously...
//! File contents: Hello from a file
//! Failed to read file: [..]example-[..].txt: [..] (os error 2)
//! Program continues after reading the file!
//! ```
//!
//! Copy it with `cargo add tokio -F fs,macros,rt-multi-thread` and
//! `cargo add anyhow`.

use std::path::Path;
use std::{env, process};

use anyhow::Context;
use tokio::fs;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let name = format!("example-{}.txt", process::id());
    let path = env::temp_dir().join(name);
    fs::write(&path, "Hello from a file").await?;

    println!("Reading file content asynchronously...");
    show(&path).await;
    fs::remove_file(&path).await?;
    show(&path).await;

    println!("Program continues after reading the file!");
    Ok(())
}

async fn show(path: &Path) {
    match read_file(path).await {
        Ok(contents) => println!("File contents: {contents}"),
        Err(error) => eprintln!("Failed to read file: {error:#}"),
    }
}

async fn read_file(path: &Path) -> anyhow::Result<String> {
    let contents = fs::read_to_string(path)
        .await
        .with_context(|| path.display().to_string())?;
    Ok(contents)
}
