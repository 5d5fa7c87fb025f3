//! What of `actor` is there to be pasted, pasted here and run in many ways.

use std::time::Duration;

use anyhow::{Result, ensure};
use futures_util::FutureExt;
use tokio::task::{JoinSet, yield_now};
use tokio::time::timeout;

use crate::scenarios::support::runner::{Scenario, scenario};
use crate::scenarios::support::seeds::{Dice, no_task_is_left, on_threads, paused};
use example::Sensor;

#[path = "../../../examples-channels/src/bin/actor.rs"]
#[expect(dead_code, reason = "its scene is not part of the scenario")]
mod example;

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("stops", || on_threads(stop_actor)),
        scenario("is_bounded", || paused(fill_inbox)),
    ]
}

/// Callers wait while the inbox is full: it holds eight requests. So does the one
/// that stops the actor.
async fn fill_inbox(_: Dice) -> Result<()> {
    let (sensor, actor) = Sensor::start();
    // On one thread, and without an `.await` here, the actor does not run.
    let mut waiting = Vec::new();
    for _ in 0..20 {
        waiting.push(Box::pin(sensor.record(1)));
    }
    let mut accepted = 0;
    for caller in &mut waiting {
        accepted += usize::from(caller.now_or_never().is_some());
    }
    ensure!(accepted == 8, "the inbox holds {accepted} requests");
    drop(waiting);
    sensor.stop().await;
    actor.await?;
    no_task_is_left().await
}

/// Whenever an actor is stopped, it records each reading that it has accepted, and
/// no other.
async fn stop_actor(mut dice: Dice) -> Result<()> {
    let (sensor, actor) = Sensor::start();
    let mut callers = JoinSet::new();
    for _ in 0..4 {
        let sensor = sensor.clone();
        let mut dice = dice.fork();
        callers.spawn(async move {
            let mut accepted = 0;
            for _ in 0..30 {
                dice.pause().await;
                if sensor.record(1).await.is_err() {
                    break;
                }
                accepted += 1;
                if dice.up_to(3) == 1 {
                    // A caller that leaves before it has its answer.
                    let _ = timeout(Duration::ZERO, sensor.average()).await;
                }
            }
            accepted
        });
    }
    for _ in 0..dice.up_to(60) {
        yield_now().await;
    }
    sensor.stop().await;
    let late = sensor.record(1).await;
    ensure!(late.is_err(), "a reading is accepted after the stop");
    let accepted: i64 = callers.join_all().await.iter().sum();
    let recorded = actor.await?.count;
    ensure!(
        recorded == accepted,
        "the actor has recorded {recorded} of {accepted} readings that it has accepted"
    );
    no_task_is_left().await
}
