//! `signals` with a signal that comes before its first line of output, and with a
//! file that is no limit or is missing.

use std::fs::{self, File};
use std::io::Write;
use std::time::Instant;

use anyhow::{Result, ensure};
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::scenarios::support::files::{Files, LIMIT, POLL};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("early", early),
        scenario("no_limit", no_limit),
        scenario("missing", missing),
    ]
}

/// A signal that comes while it reads the limit, here from a pipe, is caught.
async fn early() -> Result<()> {
    let files = Files::of("signals")?;
    let path = files.make_pipe("oven")?;
    let mut job = files.start("oven")?;
    // To open a pipe waits for its reader.
    let oven = spawn_blocking(|| File::options().write(true).open(path));
    let mut oven = oven.await??;
    job.signal("TERM")?;
    // This may fail if the signal has killed it, which its status says.
    let _ = oven.write_all(b"10");
    drop(oven);
    let ran = files.ran(&mut job).await?;
    ran.expect(0, "baking at most 10 loaves\nstopping: terminated\n", &[])
}

/// A new file that is no limit: standard error says so, and the old limit stays.
async fn no_limit() -> Result<()> {
    let files = Files::of("signals")?;
    let mut path = files.make_pipe("oven")?;
    let mut job = files.start("oven")?;
    for (text, signal) in [("10", "HUP"), ("many", "TERM")] {
        // To open a pipe waits for its reader.
        spawn_blocking(move || fs::write(path, text)).await??;
        // Another pipe: the reader may not have closed this one yet.
        fs::remove_file(files.path("oven"))?;
        path = files.make_pipe("oven")?;
        job.signal(signal)?;
    }
    let ran = files.ran(&mut job).await?;
    let shown = "baking at most 10 loaves\nstopping: terminated\n";
    ran.expect(0, shown, &["still at most 10 loaves: oven: invalid digit"])
}

/// A file that is missing at a reload changes nothing: the newest limit stays. One
/// that is missing at the start is an error.
async fn missing() -> Result<()> {
    let files = Files::of("signals")?;
    let mut job = files.start("oven")?;
    while job.ended()?.is_none() {
        let shown = files.read("shown")?;
        ensure!(
            shown.is_empty(),
            "without its file, it is to end with an error about oven, not to print {shown:?}"
        );
        sleep(POLL).await;
    }
    let ran = files.ran(&mut job).await?;
    ensure!(
        ran.status == 1 && ran.shown.is_empty() && ran.said.concat().contains("oven"),
        "without its file, status 1 and an error about oven are expected, not {ran:?}"
    );

    files.write("oven", b"10\n")?;
    let mut job = files.start("oven")?;
    says(&files, "shown", "baking at most 10 loaves\n").await?;
    files.write("oven", b"20\n")?;
    job.signal("HUP")?;
    let shown = "baking at most 10 loaves\nbaking at most 20 loaves\n";
    says(&files, "shown", shown).await?;
    fs::remove_file(files.path("oven"))?;
    job.signal("HUP")?;
    let still = "still at most 20 loaves: oven: No such file or directory (os error 2)\n";
    says(&files, "said", still).await?;
    job.signal("TERM")?;
    let ran = files.ran(&mut job).await?;
    ran.expect(
        0,
        &format!("{shown}stopping: terminated\n"),
        &[still.trim_end()],
    )
}

/// Waits until the file with its output has exactly this text.
async fn says(files: &Files, file: &str, text: &str) -> Result<()> {
    let deadline = Instant::now() + LIMIT;
    loop {
        let really = files.read(file)?;
        if really == text {
            return Ok(());
        }
        ensure!(
            text.starts_with(&really) && Instant::now() < deadline,
            "it is to print {text:?}, not {really:?}"
        );
        sleep(POLL).await;
    }
}
