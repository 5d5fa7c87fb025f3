//! Ask several sources at once with `join!`, `spawn` and `select!`.
//!
//! `join!` waits for all: answers that take 100, 200 and 150 ms are there after
//! 200 ms. So it is with spawned tasks, 300 and 250 ms; they need not be
//! awaited to run, but may not borrow (`borrow_or_spawn` says why): each owns
//! its source. `select!` waits for one only, 50 ms, and drops the other.
//!
//! ```console
//! $ cargo run -p examples-basics --bin join_many
//! Asking the harbour
//! Data from wind, Data from tide, Data from fog     # 200 ms
//! Data from ferries, Data from cranes               # 500 ms
//! Fast source won: Data from Fast                   # 500 ms
//! ```
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time`.

use std::fmt::Display;
use std::time::Duration;

use tokio::task::JoinError;
use tokio::time::sleep;

#[tokio::main]
async fn main() -> Result<(), JoinError> {
    println!("Asking the harbour");
    let [wind, tide, fog] = ["wind", "tide", "fog"].map(String::from);

    // Each borrows its source; the results come in the order of the arguments.
    let (wind, tide, fog) = tokio::join!(
        fetch_data(&wind, 100),
        fetch_data(&tide, 200),
        fetch_data(&fog, 150),
    );
    println!("{wind}, {tide}, {fog}");

    // With `&ferries` this would not compile: "argument requires that `ferries`
    // is borrowed for `'static`".
    let [ferries, cranes] = ["ferries", "cranes"].map(String::from);
    let ferries = tokio::spawn(fetch_data(ferries, 300));
    let cranes = tokio::spawn(fetch_data(cranes, 250));
    let (ferries, cranes) = tokio::join!(ferries, cranes);
    println!("{}, {}", ferries?, cranes?);

    tokio::select! {
        data = fetch_data("Fast", 50) => println!("Fast source won: {data}"),
        data = fetch_data("Slow", 500) => println!("Slow source won: {data}"),
    }
    Ok(())
}

async fn fetch_data(source: impl Display, millis: u64) -> String {
    sleep(Duration::from_millis(millis)).await;
    format!("Data from {source}")
}
