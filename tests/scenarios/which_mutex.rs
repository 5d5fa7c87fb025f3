//! What the header of `which_mutex` says beside its transcript.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use libtest_mimic::Trial;
use tests::workspace::root;

use super::scenario;

pub fn tests() -> Vec<Trial> {
    vec![scenario(
        "channels::which_mutex_refused",
        which_mutex_refused,
    )]
}

/// The text that the header calls refused is, for the reason that it gives; a
/// block around the guard, its cure, compiles.
async fn which_mutex_refused() -> Result<()> {
    let file = root().join("examples-channels/src/bin/which_mutex.rs");
    let source = fs::read_to_string(file)?.replace("//! ", "");
    let (_, rest) = source
        .split_once("```compile_fail\n")
        .context("no such text")?;
    let (refused, _) = rest.split_once("```").context("no end")?;
    let said = compile(refused)?;
    let reason = "future cannot be sent between threads safely";
    ensure!(said.contains(reason), "not refused for its reason: {said}");

    let cured = refused.replace("let mut", "{ let mut");
    let cured = cured.replace("drop(total);", "}");
    let said = compile(&cured)?;
    ensure!(said.is_empty(), "the cure does not compile: {said}");
    Ok(())
}

/// What the compiler says of a text that spawns a task, with stand-ins for
/// tokio's `spawn` and for the example's own function.
fn compile(text: &str) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("main.rs");
    let program = format!(
        "mod tokio {{\n\
             pub fn spawn<F: Future + Send + 'static>(future: F) {{\n\
                 drop(future);\n\
             }}\n\
         }}\n\
         async fn confirm() {{}}\n\
         fn main() {{\n\
             let total = std::sync::Arc::new(std::sync::Mutex::new(0));\n\
             {text}\n\
         }}\n"
    );
    fs::write(&file, program)?;
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition=2024", "--emit=metadata", "--out-dir"]);
    let done = rustc.arg(folder.path()).arg(file).output()?;
    Ok(String::from_utf8_lossy(&done.stderr).into_owned())
}
