//! Checks what the header of `capacity` says besides its transcript.

use std::panic::{set_hook, take_hook};

use anyhow::{Result, ensure};
use tokio::sync::mpsc;

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("zero", capacity_zero),
        scenario("receivers", receivers).slow(),
    ]
}

/// A channel with a capacity of 0 panics.
async fn capacity_zero() -> Result<()> {
    let reason = "requires buffer > 0";
    // This panic is expected: leave it out of the tests' output.
    let hook = take_hook();
    set_hook(Box::new(move |panic| {
        if !panic.to_string().contains(reason) {
            hook(panic);
        }
    }));
    let task = tokio::spawn(async { drop(mpsc::channel::<u32>(0)) });
    let Err(error) = task.await else {
        anyhow::bail!("it does not panic");
    };
    ensure!(error.to_string().contains(reason), "it says: {error}");
    Ok(())
}

/// Both figures "to a task" are those of a task, not of `main`, and a frame gets
/// old from the moment when it is taken. (The transcript allows other figures.)
/// The clock is paused, so the ages are exact.
async fn receivers() -> Result<()> {
    let changes = [
        ("MESSAGES: u32 = 2_500", "MESSAGES: u32 = 5"),
        (
            "#[tokio::main]",
            "#[tokio::main(flavor = \"current_thread\", start_paused = true)]",
        ),
        (
            "use std::time::{Duration, Instant};",
            "use std::time::Duration;\nuse tokio::time::Instant;",
        ),
        (
            "    let mut best: f64 = 0.0;",
            "    let mut best: f64 = 0.0;
    let is_main = tokio::task::try_id().is_none();
    println!(\"receives in main: {is_main}\");",
        ),
    ];
    let (_, lines) = run_changed("examples-channels", "capacity", &changes, "").await?;
    let receivers: Vec<_> = lines
        .iter()
        .filter_map(|line| line.strip_prefix("receives in main: "))
        .collect();
    ensure!(
        receivers == ["false", "false", "true", "true"],
        "two receivers in a task and two in main are expected: {lines:?}"
    );
    let cameras = [
        "camera, capacity 1: 200 frames/s, 1 wait, 10 ms old",
        "camera, capacity 100: 200 frames/s, 100 wait, 505 ms old",
    ];
    ensure!(
        lines.ends_with(&cameras.map(String::from)),
        "{cameras:?} are expected last: {lines:?}"
    );
    Ok(())
}
