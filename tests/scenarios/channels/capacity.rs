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

/// Both figures "to a task" are those of a task, not of `main`, and of the best of five
/// rounds: 5,000 messages take 200 ms in it with a capacity of 1, and 2 ms with 100. A
/// frame gets old from the moment when it is taken. (The transcript allows other
/// figures.) The clock is paused, so all times are exact.
async fn receivers() -> Result<()> {
    let changes = [
        ("MESSAGES: u32 = 2_500", "MESSAGES: u32 = 5_000"),
        (
            "#[tokio::main]",
            "#[tokio::main(flavor = \"current_thread\", start_paused = true)]",
        ),
        (
            "use std::time::{Duration, Instant};",
            "use std::time::Duration;\nuse tokio::time::Instant;",
        ),
        (
            "        let (tx, mut rx) = new_channel();",
            "        let (tx, mut rx) = new_channel();
        let is_main = tokio::task::try_id().is_none();
        let capacity = tx.max_capacity();
        println!(\"in main: {is_main}, capacity {capacity}\");",
        ),
        (
            "            for number in 0..MESSAGES {",
            "            static ROUND: std::sync::Mutex<usize> = std::sync::Mutex::new(0);
            *ROUND.lock().unwrap() += 1;
            let round = *ROUND.lock().unwrap() % 5;
            let time = [300, 500, 400, 300, 200][round] / capacity as u64;
            sleep(Duration::from_millis(time)).await;
            for number in 0..MESSAGES {",
        ),
    ];
    let (_, lines) = run_changed("examples-channels", "capacity", &changes, "").await?;
    let mut expected = Vec::new();
    for (receiver, is_main) in [("to a task", false), ("to main", true)] {
        for capacity in [1, 100] {
            let round = format!("in main: {is_main}, capacity {capacity}");
            expected.extend(vec![round; 5]);
        }
        let rates = "25 thousand/s with capacity 1, 2500 thousand/s with 100";
        expected.push(format!("{receiver}: {rates}"));
    }
    expected.extend([
        "camera, capacity 1: 200 frames/s, 1 wait, 10 ms old".into(),
        "camera, capacity 100: 200 frames/s, 100 wait, 505 ms old".into(),
    ]);
    ensure!(
        lines == expected,
        "{expected:?} are expected, not {lines:?}"
    );
    Ok(())
}
