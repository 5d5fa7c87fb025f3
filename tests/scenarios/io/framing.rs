//! What `framing` of examples-io does with memory, and with a frame that is cut off.

use std::time::Duration;

use anyhow::{Result, ensure};
use harness::Terminal;
use harness::workspace::binary;

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        memory("framing", "fixed: 4294967295 bytes are too long"),
        scenario("largest", largest).slow(),
        scenario("cut_off", cut_off).slow(),
    ]
}

/// A frame of 1024 bytes is read, and one byte more is too long.
async fn largest() -> Result<()> {
    let frame = "x".repeat(1024);
    let changes = [
        ("    broken().await?;\n", ""),
        ("[\"21.5\", \"19.8\"]", &format!("[\"21.5\", {frame:?}]")),
        ("u32::MAX", "1025"),
    ];
    let (status, lines) = run_changed("examples-io", "framing", &changes, "").await?;
    let expected = [
        "fixed: 21.5",
        &format!("fixed: {frame}"),
        "fixed: 1025 bytes are too long",
    ];
    ensure!(
        status == 0 && lines == expected,
        "with frames of 4, 1024 and 1025 bytes, status 0 and {expected:?} are expected, not \
         {status}: {lines:?}"
    );
    Ok(())
}

/// A frame whose end never comes is an error, not a shorter frame. No byte of a frame
/// acts on the terminal.
async fn cut_off() -> Result<()> {
    let changes = [
        ("    broken().await?;\n", ""),
        (r#"["21.5", "19.8"]"#, r#"["21.5", "\u{1b}"]"#),
        (
            "station.write_u32(u32::MAX).await",
            r#"station.write_u32(10).await?;
    station.write_all(b"21").await"#,
        ),
    ];
    let (status, lines) = run_changed("examples-io", "framing", &changes, "").await?;
    let expected = ["fixed: 21.5", r"fixed: \x1b", "fixed: early eof"];
    ensure!(
        status == 0 && lines == expected,
        "with 2 of 10 bytes in the end, status 0 and {expected:?} are expected, not {status}: \
         {lines:?}"
    );
    Ok(())
}

/// The length of a frame is checked before there is room for it. `said` is the
/// example's last line.
pub fn memory(example: &'static str, said: &'static str) -> Scenario {
    scenario("memory", move || run_with_little(example, said)).needs(
        cfg!(target_os = "linux"),
        "only Linux limits memory by ulimit -v",
    )
}

/// Here nobody gets the 4 GiB that the hostile frame asks for.
async fn run_with_little(example: &str, said: &str) -> Result<()> {
    let path = binary(example)?.display();
    let small = "MALLOC_ARENA_MAX=1 TOKIO_WORKER_THREADS=2";
    let command = format!("ulimit -v 2000000; {small} '{path}'");
    let (status, lines) = Terminal::open()?.run(&command, Duration::from_secs(10))?;
    ensure!(
        status == 0 && lines.last().is_some_and(|line| line == said),
        "with 2 GB of memory, {example} is to end with status 0 and {said:?}, not with status \
         {status}, after {lines:?}"
    );
    Ok(())
}
