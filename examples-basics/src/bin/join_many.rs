//! Borrow in what you `join!`, and own in what you `spawn`.
//!
//! Joined futures are part of this task, so they may borrow from it: answers
//! that take 100, 200 and 150 ms are there after 200 ms. A spawned task may
//! outlive the function that spawns it, so it must own all that it uses, which
//! the compiler calls `'static`; here each owns a `String`. Answers that take
//! 300 and 250 ms are there after 300 ms more.
//!
//! ```console
//! $ cargo run -p examples-basics --bin join_many
//! Asking Dover
//! Data from Dover wind, Data from Dover tide, Data from Dover fog  # 200 ms
//! Data from Dover ferries, Data from Dover cranes                  # 500 ms
//! ```
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time`.

use std::fmt::Display;
use std::time::Duration;

use tokio::task::JoinError;
use tokio::time::sleep;

#[tokio::main]
async fn main() -> Result<(), JoinError> {
    let harbour = String::from("Dover");
    println!("Asking {harbour}");

    // Each borrows `harbour`; the results come in the order of the arguments.
    let (wind, tide, fog) = tokio::join!(
        fetch_data(&harbour, "wind", 100),
        fetch_data(&harbour, "tide", 200),
        fetch_data(&harbour, "fog", 150),
    );
    println!("{wind}, {tide}, {fog}");

    // With `&harbour` this would not compile: "argument requires that `harbour`
    // is borrowed for `'static`".
    let ferries = tokio::spawn(fetch_data(harbour.clone(), "ferries", 300));
    let cranes = tokio::spawn(fetch_data(harbour, "cranes", 250));
    let (ferries, cranes) = tokio::join!(ferries, cranes);
    println!("{}, {}", ferries?, cranes?);
    Ok(())
}

async fn fetch_data(at: impl Display, source: &str, millis: u64) -> String {
    sleep(Duration::from_millis(millis)).await;
    format!("Data from {at} {source}")
}
