//! What of `pipeline` is there to be pasted, pasted here and run in many ways.

use std::panic::resume_unwind;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::scenarios::support::changed::ends_with;
use crate::scenarios::support::runner::{Scenario, on_paused_clock, scenario};
use crate::scenarios::support::seeds::{Dice, no_task_is_left, paused};
use example::{finish, pipeline};

#[path = "../../../examples-channels/src/bin/pipeline.rs"]
#[expect(dead_code, reason = "its scene is not part of the scenario")]
mod example;

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("fails", || paused(fail_pipeline)),
        scenario("panics", || on_paused_clock(panic_in_stage)),
        scenario("is_left", || paused(leave_pipeline)),
        scenario("is_bounded", || paused(fill_pipeline)),
        scenario("many_photos", many_photos).slow(),
    ]
}

/// The example takes photos out while it puts others in: there may be more than the
/// pipeline holds.
async fn many_photos() -> Result<()> {
    let changes = [
        (
            "#[tokio::main(flavor = \"current_thread\")]",
            "#[tokio::main(flavor = \"current_thread\", start_paused = true)]",
        ),
        (
            "    run([\"photo 1\", \"torn photo\", \"photo 3\", \"photo 4\"]).await;",
            "    run([\"photo\"; 30]).await;",
        ),
        (
            "async fn run(all: [&'static str; 4]) {",
            "async fn run<const COUNT: usize>(all: [&'static str; COUNT]) {",
        ),
    ];
    let last = "30 of 30 saved";
    ends_with("examples-channels", "pipeline", &changes, last).await
}

/// Whichever photo makes a stage fail or panic, those before it are saved, those
/// behind it are not, and the stages end.
async fn fail_pipeline(mut dice: Dice) -> Result<()> {
    let (photos, mut saved, stages) = pipeline();
    let good = dice.up_to(20) - 1;
    let feed = async move {
        for _ in 0..good {
            photos.send("beach".into()).await?;
        }
        while photos.send("torn".into()).await.is_ok() {}
        anyhow::Ok(())
    };
    let count = async {
        let mut count = 0;
        while saved.recv().await.is_some() {
            sleep(Duration::from_millis(dice.up_to(400) as u64)).await;
            count += 1;
        }
        count
    };
    let (fed, count) = tokio::join!(feed, count);
    fed?;
    let error = finish(stages).await.err().context("nothing has failed")?;
    ensure!(error.contains("torn"), "{error}");
    ensure!(count == good, "{count} of {good} are saved");
    no_task_is_left().await
}

/// A panic in a stage is an error of the pipeline, even if another stage is done. One
/// that still works is not aborted, and if a stage fails later, the first error counts.
async fn panic_in_stage() -> Result<()> {
    let mut stages = JoinSet::new();
    stages.spawn(async { Ok(()) });
    // A panic that prints nothing.
    stages.spawn(async { resume_unwind(Box::new("a panic")) });
    let (done, is_done) = oneshot::channel();
    stages.spawn(async {
        sleep(Duration::from_secs(1)).await;
        done.send(()).map_err(|()| "nobody waits".to_string())
    });
    stages.spawn(async {
        sleep(Duration::from_secs(2)).await;
        Err("a later error".to_string())
    });
    let error = finish(stages).await.err();
    let error = error.context("a panic counts as success")?;
    ensure!(error.contains("panicked"), "{error}");
    ensure!(
        is_done.await.is_ok(),
        "one stage panics, and the stage that still works is aborted"
    );
    Ok(())
}

/// When nobody takes what comes out, the stages end too, one by one.
async fn leave_pipeline(mut dice: Dice) -> Result<()> {
    let (photos, mut saved, stages) = pipeline();
    let feed = async move { while photos.send("beach".into()).await.is_ok() {} };
    let take = async move {
        for _ in 0..dice.up_to(10) {
            saved.recv().await;
        }
    };
    tokio::join!(feed, take);
    finish(stages).await.map_err(anyhow::Error::msg)?;
    no_task_is_left().await
}

/// When nobody takes out what is done, each stage waits for the next one: the
/// pipeline holds 7 photos, and no more go in.
async fn fill_pipeline(_: Dice) -> Result<()> {
    let (photos, saved, stages) = pipeline();
    let mut inside = 0;
    while timeout(Duration::from_secs(60), photos.send("beach".into()))
        .await
        .is_ok()
    {
        inside += 1;
    }
    ensure!(inside == 7, "{inside} photos are in the pipeline");
    drop((photos, saved));
    finish(stages).await.map_err(anyhow::Error::msg)?;
    no_task_is_left().await
}
