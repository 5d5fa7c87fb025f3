//! What the compiler says of a program.

use std::fs;
use std::process::Command;

use anyhow::Result;

/// Compiles a program that needs no crate; returns what the compiler says.
pub fn compile(program: &str) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("main.rs");
    fs::write(&file, program)?;
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition=2024", "--emit=metadata", "--out-dir"]);
    let done = rustc.arg(folder.path()).arg(file).output()?;
    Ok(String::from_utf8_lossy(&done.stderr).into_owned())
}
