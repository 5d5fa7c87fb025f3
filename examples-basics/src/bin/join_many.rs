//! Ask several sources at the same time with `join!`, `spawn` and `select!`.
//!
//! Three sources take 100, 200 and 150 ms to answer. `join!` waits for all of
//! them, so it takes 200 ms. Then two spawned tasks take 300 and 250 ms. Both
//! are done 300 ms later, at 500 ms. Then `select!` takes the first of two
//! answers, which arrives 50 ms later, at 550 ms. It drops the future that
//! waits for the slow source.
//!
//! ```console
//! $ cargo run -p examples-basics --bin join_many
//! join!: Data from API-1, Data from API-2, Data from API-3  # 200 ms
//! spawn: Data from API-4, Data from API-5                   # 500 ms
//! Fast source won: Data from Fast                           # 550 ms
//! ```
//!
//! For any number of sources, see `join_set`. To use a local variable in a
//! task, see `borrow_or_spawn`.
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time`.

use std::time::Duration;

use tokio::task::JoinError;
use tokio::time::sleep;

#[tokio::main]
async fn main() -> Result<(), JoinError> {
    let (one, two, three) = tokio::join!(
        fetch_data("API-1", 100),
        fetch_data("API-2", 200),
        fetch_data("API-3", 150),
    );
    println!("join!: {one}, {two}, {three}");

    let task1 = tokio::spawn(fetch_data("API-4", 300));
    let task2 = tokio::spawn(fetch_data("API-5", 250));
    let (four, five) = tokio::join!(task1, task2);
    // `?` returns the `JoinError` of a task that has panicked.
    println!("spawn: {}, {}", four?, five?);

    tokio::select! {
        data = fetch_data("Fast", 50) => println!("Fast source won: {data}"),
        data = fetch_data("Slow", 500) => println!("Slow source won: {data}"),
    }
    Ok(())
}

async fn fetch_data(source: &str, millis: u64) -> String {
    sleep(Duration::from_millis(millis)).await;
    format!("Data from {source}")
}
