//! What of `actor` is there to be pasted, pasted here and run in many ways.

use std::time::Duration;

use anyhow::{Result, ensure};
use futures_util::FutureExt;
use tokio::task::{JoinSet, yield_now};
use tokio::time::timeout;

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, on_paused_clock, scenario};
use crate::scenarios::support::seeds::{Dice, no_task_is_left, on_threads, paused};
use example::Sensor;

#[path = "../../../examples-channels/src/bin/actor.rs"]
#[expect(dead_code, reason = "its scene is not part of the scenario")]
mod example;

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("stops", || on_threads(stop_actor)),
        scenario("is_bounded", || paused(fill_inbox)),
        scenario("answers", || on_paused_clock(ask_actor)),
        scenario("not_recorded", not_recorded).slow(),
    ]
}

/// The average is that of all readings. An actor that is gone is an error, also for a
/// caller whose request waits in the inbox, and stopping it again changes nothing.
async fn ask_actor() -> Result<()> {
    let (sensor, actor) = Sensor::start();
    for degrees in [-30, 5, 1] {
        sensor.record(degrees).await?;
    }
    let average = sensor.average().await?;
    ensure!(
        average == Some(-8),
        "-30, 5 and 1 have an average of -8, not {average:?}"
    );
    let mut asked = Box::pin(sensor.average());
    // On one thread, and without an `.await` here, the actor does not answer.
    let answered = (&mut asked).now_or_never();
    ensure!(answered.is_none(), "it has answered: {answered:?}");
    actor.abort();
    let answer = asked.await;
    sensor.stop().await;
    sensor.stop().await;
    for answer in [answer, sensor.average().await] {
        let error = answer.as_ref().map_err(ToString::to_string);
        ensure!(
            error == Err("the actor has stopped".into()),
            "the actor is aborted, and the answer is {answer:?}"
        );
    }
    Ok(())
}

/// The example fails if one of its tasks cannot record its reading.
async fn not_recorded() -> Result<()> {
    let changes = [(
        "async move { sensor.record(21).await }",
        "async move {
            let lost = Err(anyhow::anyhow!(\"a reading is lost\"));
            sensor.record(21).await.and::<()>(lost)
        }",
    )];
    let (status, lines) = run_changed("examples-channels", "actor", &changes, "").await?;
    let error = "Error: a reading is lost";
    ensure!(
        status == 1 && lines.get(1).is_some_and(|line| line == error),
        "a reading is lost: status 1 and {error:?} are expected, not {status} and {lines:?}"
    );
    Ok(())
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
