//! Connect stages with bounded `mpsc` channels: the slowest sets the pace.
//!
//! Each photo is loaded (50 ms), developed (100 ms) and saved (50 ms). One
//! after the other, four photos would take 800 ms. Here each stage is a task,
//! and the stages work at the same time, so the four photos take 500 ms. The
//! first photo needs 200 ms, and then one is done every 100 ms, the time of the
//! slowest stage. A stage waits while the next channel is full. In the second
//! run, developing fails at a torn photo. Loading then stops, and saving
//! finishes the photos that it has.
//!
//! ```console
//! $ cargo run -p examples-channels --bin pipeline
//! saved: photo 1                        # 200 ms
//! saved: photo 2                        # 300 ms
//! saved: photo 3                        # 400 ms
//! saved: photo 4                        # 500 ms
//! 4 of 4 saved
//! saved: photo 1                        # 700 ms
//! 1 of 4 saved
//! Error: torn photo cannot be developed
//! ```
//!
//! If one stage is much slower than the others, share its work among workers:
//! see `worker_pool`.
//!
//! Copy it with `cargo add tokio -F macros,rt,sync,time`.

use std::time::Duration;

use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// How many photos may wait between two stages.
const CAPACITY: usize = 1;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    run(["photo 1", "photo 2", "photo 3", "photo 4"]).await;
    run(["photo 1", "torn photo", "photo 3", "photo 4"]).await;
}

async fn run(all: [&'static str; 4]) {
    let (photos, mut saved, stages) = pipeline();
    // This is a task of its own because `send` waits while the pipeline is
    // full, and the loop below must take out photos meanwhile.
    tokio::spawn(async move {
        for photo in all {
            // An error means that a stage has failed; `finish` says why.
            if photos.send(photo.into()).await.is_err() {
                break;
            }
        }
    });
    let mut count = 0;
    while let Some(photo) = saved.recv().await {
        println!("saved: {photo}");
        count += 1;
    }
    println!("{count} of {} saved", all.len());
    if let Err(error) = finish(stages).await {
        println!("Error: {error}");
    }
}

type Stages = JoinSet<Result<(), String>>;

/// Returns the sender of new photos, the receiver of saved ones, and the
/// stages.
pub fn pipeline() -> (Sender<String>, Receiver<String>, Stages) {
    let (photos, to_load) = mpsc::channel(CAPACITY);
    let (loaded, to_develop) = mpsc::channel(CAPACITY);
    let (developed, to_save) = mpsc::channel(CAPACITY);
    let (done, saved) = mpsc::channel(CAPACITY);
    let mut stages = JoinSet::new();
    stages.spawn(stage(to_load, loaded, copy));
    stages.spawn(stage(to_develop, developed, develop));
    stages.spawn(stage(to_save, done, copy));
    (photos, saved, stages)
}

/// A stage that fails drops its ends of both channels. The stages before and
/// after it then see closed channels. `AsyncFn` accepts any async function.
async fn stage<I, O>(
    mut input: Receiver<I>,
    output: Sender<O>,
    work: impl AsyncFn(I) -> Result<O, String>,
) -> Result<(), String> {
    while let Some(item) = input.recv().await {
        let done = work(item).await?;
        if output.send(done).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// Stands for loading and for saving.
async fn copy(photo: String) -> Result<String, String> {
    sleep(Duration::from_millis(50)).await;
    Ok(photo)
}

async fn develop(photo: String) -> Result<String, String> {
    if photo.starts_with("torn") {
        return Err(format!("{photo} cannot be developed"));
    }
    sleep(Duration::from_millis(100)).await;
    Ok(photo)
}

/// Waits for all stages, and returns the first error. A panic counts as one.
pub async fn finish(mut stages: Stages) -> Result<(), String> {
    let mut result = Ok(());
    while let Some(ended) = stages.join_next().await {
        let ended = ended.unwrap_or_else(|panic| Err(panic.to_string()));
        result = result.and(ended);
    }
    result
}
