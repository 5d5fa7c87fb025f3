//! What of `single_flight` is there to be pasted, pasted here: callers that come
//! late, leave early, or stay, on one thread and on two.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use anyhow::{Result, ensure};
use futures_util::FutureExt;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::scenarios::support::runner::{Scenario, scenario};
use crate::scenarios::support::seeds::{Dice, no_task_is_left, on_threads, paused};
use example::SingleFlight;

#[path = "../../../examples-channels/src/bin/single_flight.rs"]
#[expect(dead_code, reason = "its scene is not part of the scenario")]
mod example;

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("fetches_again", || paused(fetch_again)),
        scenario("later_flight", || paused(later_flight)),
        scenario("all_leave", || paused(leave_all)),
        scenario("two_threads", || on_threads(use_threads)).slow(),
    ]
}

type Flights = Arc<SingleFlight<&'static str, u32>>;

/// Takes `milliseconds`, and gives this number.
async fn fetch(milliseconds: u64, number: u32) -> Result<u32, ()> {
    sleep(Duration::from_millis(milliseconds)).await;
    Ok(number)
}

/// Whoever asks after a value has come gets a new one, though others that waited
/// for the first are still being told.
async fn fetch_again(mut dice: Dice) -> Result<()> {
    let flights = Flights::default();
    let callers = dice.up_to(20);
    let mut waiting = Vec::new();
    for _ in 0..callers {
        waiting.push(Box::pin(flights.get("ada", || fetch(100, 1))));
    }
    for caller in &mut waiting {
        ensure!(caller.now_or_never().is_none(), "no wait");
    }
    sleep(Duration::from_millis(100)).await;
    // One of them is told, the others are not yet polled.
    let told = (&mut waiting[0]).now_or_never();
    ensure!(told.is_some(), "the value has not come");
    let late = flights.get("ada", || fetch(10, 2)).await;
    ensure!(late == Ok(2), "a stale value: {late:?}");
    for caller in waiting.drain(1..) {
        let value = caller.await;
        ensure!(value == Ok(1), "another value: {value:?}");
    }
    ensure!(flights.keys() == 0, "{} keys are left", flights.keys());
    no_task_is_left().await
}

/// A caller of an earlier flight that leaves late does not take the later one off
/// the list: those who ask meanwhile share it.
async fn later_flight(mut dice: Dice) -> Result<()> {
    let flights = Flights::default();
    let callers = 1 + dice.up_to(5);
    let mut early = Vec::new();
    for _ in 0..callers {
        early.push(Box::pin(flights.get("ada", || fetch(100, 1))));
    }
    for caller in &mut early {
        ensure!(caller.now_or_never().is_none(), "no wait");
    }
    sleep(Duration::from_millis(100)).await;
    let told = (&mut early[0]).now_or_never();
    ensure!(told.is_some(), "the value has not come");

    let mut later = Box::pin(flights.get("ada", || fetch(100, 2)));
    ensure!((&mut later).now_or_never().is_none(), "no wait");
    // The others of the earlier flight leave now.
    drop(early);
    ensure!(flights.keys() == 1, "the later flight is off the list");
    let shared = flights.get("ada", || fetch(100, 3));
    let (later, shared) = tokio::join!(later, shared);
    ensure!(later == Ok(2) && shared == Ok(2), "{later:?}, {shared:?}");
    ensure!(flights.keys() == 0, "{} keys are left", flights.keys());
    no_task_is_left().await
}

/// Callers that give up, the one that fetches or another first, take the key with
/// them when the last one leaves.
async fn leave_all(mut dice: Dice) -> Result<()> {
    let flights = Flights::default();
    let mut waiting = Vec::new();
    for _ in 0..dice.up_to(5) {
        waiting.push(Box::pin(flights.get("ada", || fetch(100, 1))));
    }
    for caller in &mut waiting {
        ensure!(caller.now_or_never().is_none(), "no wait");
    }
    while !waiting.is_empty() {
        ensure!(flights.keys() == 1, "{} callers wait", waiting.len());
        drop(waiting.swap_remove(dice.up_to(waiting.len()) - 1));
    }
    ensure!(flights.keys() == 0, "all have left, and a key is left");
    no_task_is_left().await
}

/// On two threads, with callers that come, fetch, fail, give up and come again: of each
/// key one fetch runs at a time, each caller gets what was fetched for its key, and no
/// key is left.
async fn use_threads(mut dice: Dice) -> Result<()> {
    let flights = Flights::default();
    let running = Arc::new([AtomicU32::new(0), AtomicU32::new(0)]);
    let mut callers = JoinSet::new();
    for _ in 0..6 {
        let (flights, running) = (Arc::clone(&flights), Arc::clone(&running));
        let mut dice = dice.fork();
        callers.spawn(async move {
            for _ in 0..50 {
                let (key, right) = [("ada", 0_u32), ("eve", 1)][dice.up_to(2) - 1];
                let (mut pauses, fails) = (dice.fork(), dice.up_to(5) == 1);
                let running = &running[usize::from(right == 1)];
                let fetch = || async move {
                    let fetch = Fetch::start(running)?;
                    pauses.pause().await;
                    drop(fetch);
                    if fails { Err("fails") } else { Ok(right) }
                };
                let get = flights.get(key, fetch);
                if dice.up_to(5) == 1 {
                    // It gives up after one look.
                    let _ = get.now_or_never();
                    continue;
                }
                match get.await {
                    Ok(value) => ensure!(value == right, "{value} for {key}"),
                    Err(error) => ensure!(error == "fails", "{error}"),
                }
            }
            Ok(())
        });
    }
    while let Some(ended) = callers.join_next().await {
        ended??;
    }
    ensure!(flights.keys() == 0, "{} keys are left", flights.keys());
    no_task_is_left().await
}

/// A fetch that runs, until it is dropped.
struct Fetch<'a>(&'a AtomicU32);

impl<'a> Fetch<'a> {
    fn start(running: &'a AtomicU32) -> Result<Self, &'static str> {
        let before = running.fetch_add(1, SeqCst);
        let fetch = Self(running);
        if before == 0 {
            Ok(fetch)
        } else {
            Err("two fetches of one key run at the same time")
        }
    }
}

impl Drop for Fetch<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}
