//! `signals` with a signal that comes before its first line of output, and with a
//! file that is no limit.

use std::fs::{self, File};
use std::io::Write;

use anyhow::Result;
use tokio::task::spawn_blocking;

use crate::scenarios::support::files::Files;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("early", early), scenario("no_limit", no_limit)]
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
