//! See how a task can end: value, panic, `abort`, or its owner's drop.
//!
//! A panic ends its own task only: it prints its line, and is an error to
//! whoever awaits the handle, if anybody does. `abort` ends a task at its next
//! `.await`. Dropping a `JoinHandle` ends nothing: of the three tasks below
//! whose owner is dropped, that one still saves. A `JoinSet` or an
//! `AbortOnDropHandle` takes its tasks along; use one where the caller may
//! itself be cancelled.
//!
//! ```console
//! $ cargo run -p examples-basics --bin task_lifecycle
//! value: 21 degrees     # 100 ms
//! ...
//! the sensor is unplugged
//! ...
//! panic: task [..] panicked with message "the sensor is unplugged"
//! abort: task [..] was cancelled
//! saved all the same: JoinHandle     # 200 ms
//! 1 of 3 saved
//! ```
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,sync,time` and
//! `cargo add tokio-util -F rt`.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};
use tokio::time::sleep;
use tokio_util::task::AbortOnDropHandle;

#[tokio::main]
async fn main() {
    report(tokio::spawn(measure(true)).await);
    report(tokio::spawn(measure(false)).await);

    let endless = tokio::spawn(std::future::pending());
    endless.abort();
    report(endless.await);

    let (saved, mut arrivals) = mpsc::channel(3);
    drop(tokio::spawn(save("JoinHandle", saved.clone())));
    let owned = tokio::spawn(save("AbortOnDropHandle", saved.clone()));
    drop(AbortOnDropHandle::new(owned));
    let mut set = JoinSet::new();
    set.spawn(save("JoinSet", saved));
    drop(set);

    // Each task holds a sender, so this ends when all three are gone.
    let mut count = 0;
    while let Some(name) = arrivals.recv().await {
        println!("saved all the same: {name}");
        count += 1;
    }
    println!("{count} of 3 saved");
}

fn report(ended: Result<u32, JoinError>) {
    match ended {
        Ok(degrees) => println!("value: {degrees} degrees"),
        Err(error) if error.is_panic() => println!("panic: {error}"),
        Err(error) => println!("abort: {error}"),
    }
}

async fn measure(plugged: bool) -> u32 {
    assert!(plugged, "the sensor is unplugged");
    sleep(Duration::from_millis(100)).await;
    21
}

async fn save(name: &'static str, saved: mpsc::Sender<&str>) {
    sleep(Duration::from_millis(100)).await;
    // It cannot fail: main receives until the last sender is gone.
    let _ = saved.send(name).await;
}
