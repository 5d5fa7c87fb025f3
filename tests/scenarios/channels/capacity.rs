//! Checks what the header of `capacity` says besides its transcript.

use std::panic::{set_hook, take_hook};

use anyhow::{Result, ensure};
use tokio::sync::mpsc;

use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("zero", capacity_zero)]
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
