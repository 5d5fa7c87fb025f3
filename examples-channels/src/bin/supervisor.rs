//! Restart an actor that panics, after a back-off, without losing its queue.
//!
//! A printer is an actor: a task that handles a queue. It panics at the name
//! "Zoë" (`...` is the message). Its supervisor waits 100 ms and starts a new
//! printer, which prints the names that are still in the queue. The wait is
//! called back-off, and doubles each time. At the third panic the supervisor
//! gives up: the rest of the queue is lost, and new names are refused. The
//! queue survives a panic because each printer only borrows it, through a
//! `Mutex`. A name that caused a panic is not tried again.
//!
//! ```console
//! $ cargo run -p examples-channels --bin supervisor
//! label 1: Ada
//! ...
//! restart 1 of 2 in 100 ms
//! label 1: Eve                          # 100 ms
//! label 2: Max
//! ...
//! restart 2 of 2 in 200 ms
//! label 1: Lea                          # 300 ms
//! ...
//! the supervisor gave up, 1 name was left
//! submit: channel closed
//! ```
//!
//! If you can return an error instead of a panic, do that. With
//! `panic = "abort"` in Cargo.toml, a panic stops the whole process.
//!
//! Copy it with `cargo add tokio -F macros,rt,sync,time`.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{self, Receiver};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (printer, names) = mpsc::channel(8);
    let supervisor = tokio::spawn(supervise(names));

    for name in ["Ada", "Zoë", "Eve", "Max", "Zoë", "Lea", "Zoë", "Ben"] {
        if let Err(error) = printer.send(name).await {
            println!("submit: {error}");
        }
    }
    match supervisor.await {
        Ok(Ok(())) => println!("all names are printed"),
        Ok(Err(GaveUp { left })) => {
            println!("the supervisor gave up, {left} name was left");
        }
        Err(error) => println!("the supervisor failed: {error}"),
    }
    if let Err(error) = printer.send("Tom").await {
        println!("submit: {error}");
    }
}

const MAX_RESTARTS: u32 = 2;
const FIRST_BACK_OFF: Duration = Duration::from_millis(100);
/// If an actor has run this long, the count of restarts begins at 0 again.
const HEALTHY: Duration = Duration::from_secs(10);

struct GaveUp {
    left: usize,
}

async fn supervise(names: Receiver<&'static str>) -> Result<(), GaveUp> {
    let names = Arc::new(Mutex::new(names));
    let mut restarts = 0;
    loop {
        let started = Instant::now();
        // If the supervisor is dropped, so is this set, and it aborts the
        // actor.
        let mut actor = JoinSet::new();
        actor.spawn(print_all(Arc::clone(&names).lock_owned().await));
        // If it does not panic, it returns when the queue is closed and empty.
        let Some(Err(_panic)) = actor.join_next().await else {
            return Ok(());
        };

        if started.elapsed() >= HEALTHY {
            restarts = 0;
        }
        if restarts == MAX_RESTARTS {
            let left = names.lock().await.len();
            return Err(GaveUp { left });
        }
        let back_off = FIRST_BACK_OFF * 2_u32.pow(restarts);
        restarts += 1;
        let wait = back_off.as_millis();
        println!("restart {restarts} of {MAX_RESTARTS} in {wait} ms");
        sleep(back_off).await;
    }
}

/// The actor. A panic drops the guard `names`, and the next actor can lock the
/// queue: tokio's `Mutex` is never poisoned. The next actor counts from 1
/// again, because state from before a panic may be wrong.
async fn print_all(mut names: OwnedMutexGuard<Receiver<&'static str>>) {
    let mut labels = 0;
    while let Some(name) = names.recv().await {
        // The bug: "Zoë" has four bytes, and the third one is only a part of
        // the "ë".
        let label = &name[..3];
        labels += 1;
        println!("label {labels}: {label}");
    }
}
