//! `read_to_string` with an odd name, on a full disk, and with files that are slow to
//! read or are no text.

use std::fs;
use std::process::Command;

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::files::{self, Files, odd_name};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("names", names),
        scenario("full_disk", full_disk),
        scenario("slow_file", slow_file).slow(),
    ]
}

/// The name of a file that is there, and is not UTF-8, and those of a file that is
/// not there, of one with other bytes, and of a directory: the errors go to standard
/// error.
async fn names() -> Result<()> {
    let files = Files::of("read_to_string")?;
    fs::write(files.path("").join(odd_name()), "tea")?;
    let shown = |content: &str| {
        format!(
            "Reading file content asynchronously...\n{content}Program continues after reading \
             the file!\n"
        )
    };
    let ran = files.run("caf*").await?;
    ran.expect(0, &shown("File content:\ntea\n"), &[])?;
    files.write("bytes", b"tea \xff")?;
    files.make("folder")?;
    for name in ["missing", "bytes", "folder"] {
        let ran = files.run(name).await?;
        let error = format!("Failed to read file: {name}: ");
        ran.expect(0, &shown(""), &[&error])?;
    }
    Ok(())
}

async fn full_disk() -> Result<()> {
    files::full_disk("read_to_string", "Error: cannot write data.txt")
        .await
        .map(drop)
}

/// Until the file, a FIFO, has its contents, the only thread of the runtime is
/// free for the task that writes them.
async fn slow_file() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let fifo = folder.path().join("fifo");
    let made = Command::new("mkfifo").arg(&fifo).status()?;
    ensure!(made.success(), "mkfifo {}: {made}", fifo.display());
    let reading = r#"    println!("Reading file content asynchronously...");
"#;
    let write = "    tokio::spawn(fs::write(path.clone(), \"late\"));\n";
    let changes = [
        (
            "#[tokio::main]",
            "#[tokio::main(flavor = \"current_thread\")]",
        ),
        (reading, &*format!("{reading}{write}")),
    ];
    let argument = format!("'{}'", fifo.display());
    let run = run_changed("examples-io", "read_to_string", &changes, &argument);
    let (status, lines) = run.await?;
    ensure!(
        status == 0 && lines.contains(&"late".into()),
        "status {status}: {lines:?}"
    );
    Ok(())
}
