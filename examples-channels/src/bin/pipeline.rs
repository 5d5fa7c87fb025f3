//! Join stages by bounded `mpsc` channels: the slowest one sets the pace.
//!
//! One after the other, five photos of 400 ms take 2 s; with the stages side by
//! side the slowest, of 200 ms, sets the pace: 1.2 s. A stage whose channel is
//! full waits. Dropping the sender shuts it down: what went in comes out. A
//! stage that fails or panics drops both its ends: those before it stop, those
//! behind it finish what they have. Not where one stage takes nearly all the
//! time: share that one out among workers.
//!
//! ```console
//! $ cargo run -p examples-channels --bin pipeline
//! saved: beach                              # 400 ms
//! saved: dune                               # 600 ms
//! saved: gull                               # 800 ms
//! saved: pier                               # 1000 ms
//! saved: sail                               # 1200 ms
//! 5 of 5 saved, tasks alive: 0
//! saved: beach                              # 1600 ms
//! 1 of 5 saved, tasks alive: 0
//! Error: photo "torn" cannot be developed
//! ...                                       # 1900 ms
//! a photo without pixels
//! ...
//! saved: beach                              # 2 s
//! 1 of 5 saved, tasks alive: 0
//! Error: task [..] panicked with message "a photo without pixels"
//! ```
//!
//! Copy it with `cargo add tokio -F macros,rt,sync,time` and
//! `cargo add anyhow`.

use std::time::Duration;

use anyhow::bail;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// How many may lie between two stages: more would even out a stage whose pace
/// varies.
const BETWEEN: usize = 1;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    run(["beach", "dune", "gull", "pier", "sail"]).await;
    run(["beach", "torn", "gull", "pier", "sail"]).await;
    run(["beach", "", "gull", "pier", "sail"]).await;
}

async fn run(names: [&str; 5]) {
    let (photos, mut saved, stages) = pipeline();
    let feed = async move {
        for name in names {
            // A stage has failed; `finish` says why.
            if photos.send(name.into()).await.is_err() {
                break;
            }
        }
    };
    let collect = async {
        let mut count = 0;
        while let Some(name) = saved.recv().await {
            println!("saved: {name}");
            count += 1;
        }
        count
    };
    // Both at once: fed first, it would fill up and wait for ever.
    let ((), count) = tokio::join!(feed, collect);
    let ended = finish(stages).await;

    let alive = Handle::current().metrics().num_alive_tasks();
    println!("{count} of 5 saved, tasks alive: {alive}");
    if let Err(error) = ended {
        println!("Error: {error}");
    }
}

type Stages = JoinSet<anyhow::Result<()>>;

/// Where photos go in, where they come out, and the stages between.
pub(crate) fn pipeline() -> (Sender<String>, Receiver<String>, Stages) {
    let (photos, to_load) = mpsc::channel(BETWEEN);
    let (loaded, to_develop) = mpsc::channel(BETWEEN);
    let (developed, to_save) = mpsc::channel(BETWEEN);
    let (done, saved) = mpsc::channel(BETWEEN);
    let mut stages = JoinSet::new();
    stages.spawn(stage(to_load, loaded, load));
    stages.spawn(stage(to_develop, developed, develop));
    stages.spawn(stage(to_save, done, save));
    (photos, saved, stages)
}

async fn stage<I, O>(
    mut input: Receiver<I>,
    output: Sender<O>,
    work: impl AsyncFn(I) -> anyhow::Result<O>,
) -> anyhow::Result<()> {
    while let Some(item) = input.recv().await {
        let done = work(item).await?;
        // The stage behind has failed, and is the one that says why.
        if output.send(done).await.is_err() {
            break;
        }
    }
    Ok(())
}

async fn load(name: String) -> anyhow::Result<String> {
    sleep(Duration::from_millis(100)).await;
    Ok(name)
}

async fn develop(photo: String) -> anyhow::Result<String> {
    assert!(!photo.is_empty(), "a photo without pixels");
    if photo == "torn" {
        bail!("photo {photo:?} cannot be developed");
    }
    sleep(Duration::from_millis(200)).await;
    Ok(photo)
}

async fn save(photo: String) -> anyhow::Result<String> {
    sleep(Duration::from_millis(100)).await;
    Ok(photo)
}

/// Waits for all stages to end; gives the first error, a panic being one.
pub(crate) async fn finish(mut stages: Stages) -> anyhow::Result<()> {
    let mut result = Ok(());
    while let Some(ended) = stages.join_next().await {
        let ended = ended.unwrap_or_else(|panic| Err(panic.into()));
        result = result.and(ended);
    }
    result
}
