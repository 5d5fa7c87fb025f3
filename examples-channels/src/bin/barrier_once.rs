//! Meet at a `Barrier`, load once with `OnceCell`, decide once with `SetOnce`.
//!
//! Three runners need the map of the course: `get_or_init` lets the first one
//! fetch it while the others wait. The barrier opens for all when the third has
//! come. The first `set` of the winner holds, and wakes those who wait for it.
//! Not a barrier where one may fail or leave: the others would wait for ever.
//! Not `OnceCell` for what goes stale, nor where no `.await` is needed: that is
//! for `LazyLock`.
//!
//! ```console
//! $ cargo run -p examples-channels --bin barrier_once
//! the map is asked for
//! Ada is ready for 10 km      # 200 ms
//! Ben is ready for 10 km      # 300 ms
//! Cleo is ready for 10 km     # 400 ms
//! go!                         # 400 ms
//! the winner is Ben           # 600 ms
//! Ada comes after Ben         # 700 ms
//! Cleo comes after Ben        # 800 ms
//! ```
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,sync,time`.

use std::time::Duration;

use tokio::sync::{Barrier, OnceCell, SetOnce};
use tokio::time::sleep;

struct Race {
    course: OnceCell<u32>,
    start: Barrier,
    winner: SetOnce<&'static str>,
}

#[tokio::main]
async fn main() {
    let race = Race {
        course: OnceCell::new(),
        start: Barrier::new(3),
        winner: SetOnce::new(),
    };
    tokio::join!(
        run(&race, "Ada", 100, 300),
        run(&race, "Ben", 200, 200),
        run(&race, "Cleo", 300, 400),
        announce(&race),
    );
}

async fn run(race: &Race, name: &'static str, warm_up: u64, pace: u64) {
    let course = race.course.get_or_init(fetch_map).await;
    sleep(Duration::from_millis(warm_up)).await;
    println!("{name} is ready for {course} km");

    // Exactly one of the three is told that it leads.
    if race.start.wait().await.is_leader() {
        println!("go!");
    }
    sleep(Duration::from_millis(pace)).await;

    if race.winner.set(name).is_err() {
        println!("{name} comes after {}", race.winner.wait().await);
    }
}

async fn fetch_map() -> u32 {
    println!("the map is asked for");
    sleep(Duration::from_millis(100)).await;
    10
}

async fn announce(race: &Race) {
    println!("the winner is {}", race.winner.wait().await);
}
