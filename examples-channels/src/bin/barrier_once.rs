//! Start together with `Barrier`; set once with `OnceCell` and `SetOnce`.
//!
//! Three runners share a map, a start and a finish:
//!
//! - `OnceCell`: the first runner who needs the map fetches it, which takes 100
//!   ms. The others wait for it and use the same map.
//! - `Barrier`: two runners wait for the third one, and then all start
//!   together. One of them is the leader, and prints "go!".
//! - `SetOnce`: only the first `set` succeeds. It wakes everybody who waits for
//!   the winner.
//!
//! ```console
//! $ cargo run -p examples-channels --bin barrier_once
//! fetching the map
//! Ada is ready for 10 km      # 200 ms
//! Ben is ready for 10 km      # 300 ms
//! Cleo is ready for 10 km     # 400 ms
//! go!                         # 400 ms
//! the winner is Ben           # 600 ms
//! Ada comes after Ben         # 700 ms
//! Cleo comes after Ben        # 800 ms
//! ```
//!
//! If one runner never comes, the others wait at the barrier forever. If a
//! value can become out of date, see `single_flight`. If creating it needs no
//! `.await`, use `LazyLock` from std.
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,sync,time`.

use std::time::Duration;

use tokio::sync::{Barrier, OnceCell, SetOnce};
use tokio::time::sleep;

#[tokio::main]
async fn main() {
    let race = Race {
        kilometers: OnceCell::new(),
        start: Barrier::new(3),
        winner: SetOnce::new(),
    };
    // The numbers are how long each one warms up and runs, in ms.
    tokio::join!(
        run(&race, "Ada", 100, 300),
        run(&race, "Ben", 200, 200),
        run(&race, "Cleo", 300, 400),
        announce(&race),
    );
}

struct Race {
    kilometers: OnceCell<u32>, // From the map.
    start: Barrier,
    winner: SetOnce<&'static str>,
}

async fn run(race: &Race, name: &'static str, warm_up: u64, running: u64) {
    let kilometers = race.kilometers.get_or_init(fetch_map).await;
    sleep(Duration::from_millis(warm_up)).await;
    println!("{name} is ready for {kilometers} km");

    if race.start.wait().await.is_leader() {
        println!("go!");
    }
    sleep(Duration::from_millis(running)).await;

    if race.winner.set(name).is_err() {
        println!("{name} comes after {}", race.winner.wait().await);
    }
}

async fn fetch_map() -> u32 {
    println!("fetching the map");
    sleep(Duration::from_millis(100)).await;
    10
}

async fn announce(race: &Race) {
    println!("the winner is {}", race.winner.wait().await);
}
