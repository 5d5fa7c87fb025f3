//! `read_file` into two files, on a full disk, with a long file, and with files that
//! it can open but not read.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::files::{self, Files};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("error_apart", error_apart),
        scenario("unreadable", unreadable),
        scenario("full_disk", full_disk),
        scenario("long_file", long_file).slow(),
    ]
}

/// The error goes to standard error, apart from the contents.
async fn error_apart() -> Result<()> {
    let ran = Files::of("read_file")?.run("").await?;
    let error = "Error: missing.txt: ";
    ran.expect(1, "File contents: Hello from a file\n", &[error])
}

/// A file that is not UTF-8, and a directory: opening them succeeds, reading them is an
/// error.
async fn unreadable() -> Result<()> {
    let files = Files::of("read_file")?;
    let contents = "File contents: Hello from a file\n";
    let fails = async |what| {
        let ran = files.run("").await?;
        let failed = ran.expect(1, contents, &["Error: missing.txt: "]);
        failed.with_context(|| format!("missing.txt is {what}"))
    };
    files.write("missing.txt", b"tea \xff")?;
    fails("not UTF-8").await?;
    fs::remove_file(files.path("missing.txt"))?;
    files.make("missing.txt")?;
    fails("a directory").await
}

async fn full_disk() -> Result<()> {
    files::full_disk("read_file", "Error: cannot write example.txt")
        .await
        .map(drop)
}

/// A file that takes more than one read.
async fn long_file() -> Result<()> {
    let changes = [
        (r#""Hello from a file""#, r#""x".repeat(100_000)"#),
        (
            r#"println!("File contents: {contents}")"#,
            r#"println!("{} bytes", contents.len())"#,
        ),
    ];
    let (_, lines) = run_changed("examples-io", "read_file", &changes, "").await?;
    ensure!(
        lines.first().is_some_and(|line| line == "100000 bytes"),
        "of a file of 100,000 bytes it reads {lines:?}"
    );
    Ok(())
}
