//! Receive from several channels in one `select!` loop until all are closed.
//!
//! Cameras and doors send events through two channels. In the first two runs,
//! the channel of the cameras is closed, so its `recv` returns `None`
//! immediately, each time. `broken` matches any `_event`, including `None`. It
//! runs through its loop more than 1000 times until a door sends an event, and
//! keeps the CPU busy. `fixed` matches `Some(_event)`. A `None` then disables
//! the branch, and `else` runs when both channels are closed. `select!` tries
//! its branches in random order, so a busy channel does not keep the other one
//! waiting. `biased` tries them in the order written.
//!
//! ```console
//! $ cargo run -p examples-channels --bin merge_select
//! broken: 1 event in more than 1000 rounds     # 100 ms
//! fixed: 1 event in 2 rounds                   # 200 ms
//! random: the first door event comes after fewer than 20 of 100 cameras
//! biased: the first door event comes after 100 of 100 cameras
//! ```
//!
//! If you can change the senders, use one channel instead: send an `enum` of
//! both kinds of events, and clone the sender.
//!
//! Copy it with `cargo add tokio -F macros,rt,sync,time`.

use std::time::Duration;

use tokio::sync::mpsc::{self, Receiver};
use tokio::time::sleep;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let rounds = broken(closed(), door_in_100_ms()).await;
    println!("broken: 1 event in {rounds} rounds");
    let rounds = fixed(closed(), door_in_100_ms()).await;
    println!("fixed: 1 event in {rounds} rounds");

    let cameras = random(full("camera"), full("door")).await;
    println!("random: the first door event comes after {cameras} of 100 cameras");
    let cameras = biased(full("camera"), full("door")).await;
    println!("biased: the first door event comes after {cameras} of 100 cameras");
}

async fn broken(mut cameras: Receiver<&str>, mut doors: Receiver<&str>) -> String {
    let mut rounds = 0;
    loop {
        rounds += 1;
        tokio::select! {
            _event = cameras.recv() => {}
            Some(_event) = doors.recv() => break,
        }
    }
    if rounds > 1000 {
        return "more than 1000".into();
    }
    rounds.to_string()
}

async fn fixed(mut cameras: Receiver<&str>, mut doors: Receiver<&str>) -> usize {
    let mut rounds = 0;
    loop {
        rounds += 1;
        tokio::select! {
            Some(_event) = cameras.recv() => {}
            Some(_event) = doors.recv() => {}
            else => return rounds,
        }
    }
}

// Here an event always waits. Otherwise add an `else`: without it, `select!`
// panics when both channels are closed.
async fn random(mut cameras: Receiver<&str>, mut doors: Receiver<&str>) -> String {
    let mut before = 0;
    loop {
        tokio::select! {
            Some(_event) = cameras.recv() => before += 1,
            Some(_event) = doors.recv() => break,
        }
    }
    // It is 20 or more in one of a million runs: each round is a coin toss.
    if before < 20 {
        return "fewer than 20".into();
    }
    before.to_string()
}

async fn biased(mut cameras: Receiver<&str>, mut doors: Receiver<&str>) -> usize {
    let mut before = 0;
    loop {
        tokio::select! {
            biased;
            Some(_event) = cameras.recv() => before += 1,
            Some(_event) = doors.recv() => return before,
        }
    }
}

/// A closed channel in which 100 events wait.
fn full(event: &'static str) -> Receiver<&'static str> {
    let (sender, receiver) = mpsc::channel(100);
    // An error means that the channel is full.
    while sender.try_send(event).is_ok() {}
    receiver
}

fn closed() -> Receiver<&'static str> {
    // The sender is dropped here, which closes the channel.
    mpsc::channel(1).1
}

fn door_in_100_ms() -> Receiver<&'static str> {
    let (door, doors) = mpsc::channel(1);
    tokio::spawn(async move {
        sleep(Duration::from_millis(100)).await;
        // An error means that nobody waits for doors anymore.
        let _ = door.send("door").await;
    });
    doors
}
