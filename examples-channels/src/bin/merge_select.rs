//! Receive from several channels in one `select!` loop until all are closed.
//!
//! A closed channel is always ready, with `None`: matched as `event = …` it
//! keeps the loop spinning. `Some(event)` leaves it out, and `else` runs when
//! all are. A round begins with a random branch, so a busy channel starves no
//! other; `biased;` keeps to the order written, and 100 cameras go before the
//! first door. Put what is rare and urgent first there. Not where the senders
//! are yours: clone one sender of an `enum` instead.
//!
//! ```console
//! $ cargo run -p examples-channels --bin merge_select
//! random: the first door comes after [..] of 100 cameras
//! biased: the first door comes after 100 of 100 cameras
//! broken: 1 door after [..] times nothing     # 100 ms
//! fixed: 1 door after 0 times nothing         # 200 ms
//! ```
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,sync,time`.

use std::time::Duration;

use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::time::sleep;

#[tokio::main]
async fn main() {
    let first = random(full("camera"), full("door")).await;
    println!("random: the first door comes after {first} of 100 cameras");
    let first = biased(full("camera"), full("door")).await;
    println!("biased: the first door comes after {first} of 100 cameras");

    let (door, doors) = mpsc::channel(1);
    let ((), nothing) = tokio::join!(open(door), broken(closed(), doors));
    println!("broken: 1 door after {nothing} times nothing");
    let (door, doors) = mpsc::channel(1);
    let ((), nothing) = tokio::join!(open(door), fixed(closed(), doors));
    println!("fixed: 1 door after {nothing} times nothing");
}

async fn random(mut cameras: Receiver<&str>, mut doors: Receiver<&str>) -> usize {
    let mut events = Vec::new();
    loop {
        tokio::select! {
            Some(event) = cameras.recv() => events.push(event),
            Some(event) = doors.recv() => events.push(event),
            else => break,
        }
    }
    events
        .iter()
        .take_while(|event| **event == "camera")
        .count()
}

async fn biased(mut cameras: Receiver<&str>, mut doors: Receiver<&str>) -> usize {
    let mut events = Vec::new();
    loop {
        tokio::select! {
            biased;
            Some(event) = cameras.recv() => events.push(event),
            Some(event) = doors.recv() => events.push(event),
            else => break,
        }
    }
    events
        .iter()
        .take_while(|event| **event == "camera")
        .count()
}

async fn broken(mut cameras: Receiver<&str>, mut doors: Receiver<&str>) -> usize {
    let mut nothing = 0;
    loop {
        tokio::select! {
            event = cameras.recv() => nothing += usize::from(event.is_none()),
            Some(_) = doors.recv() => return nothing,
        }
    }
}

async fn fixed(mut cameras: Receiver<&str>, mut doors: Receiver<&str>) -> usize {
    let mut rounds = 0;
    loop {
        tokio::select! {
            Some(_) = cameras.recv() => rounds += 1,
            Some(_) = doors.recv() => return rounds,
            else => return rounds,
        }
    }
}

/// A channel in which 100 events wait, and that gets no more.
fn full(event: &'static str) -> Receiver<&'static str> {
    let (sender, receiver) = mpsc::channel(100);
    // Stops with an error when there is no more room.
    while sender.try_send(event).is_ok() {}
    receiver
}

fn closed() -> Receiver<&'static str> {
    mpsc::channel(1).1
}

async fn open(door: Sender<&str>) {
    sleep(Duration::from_millis(100)).await;
    // An error would say that nobody cares about doors any more.
    let _ = door.send("door").await;
}
