//! See which of two operations completes first with `select!`.
//!
//! The operation that takes 100 ms wins against the one that takes 200 ms,
//! whichever is written first. A branch of `select!` has the form
//! `pattern = future => code`. `select!` runs all futures at the same time.
//! When one completes, `select!` runs the code of its branch. If several are
//! ready at the same moment, `select!` picks one at random: in 1000 such races,
//! each of two futures wins about 500 times.
//!
//! ```console
//! $ cargo run -p examples-basics --bin race
//! Operation 1 completed first              # 100 ms
//! Operation 2 completed first              # 200 ms
//! both ready: ~500 wins against ~500       # 200 ms
//! ```
//!
//! To see what happens to the slower future, see `select`.
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time`.

use std::time::Duration;

use tokio::time::sleep;

const SHORT: Duration = Duration::from_millis(100);
const LONG: Duration = Duration::from_millis(200);

#[tokio::main]
async fn main() {
    race_operations(SHORT, LONG).await;
    race_operations(LONG, SHORT).await;

    // `async {}` is a future with nothing to do, so both are ready immediately.
    let (mut wins_1, mut wins_2) = (0, 0);
    for _ in 0..1000 {
        tokio::select! {
            () = async {} => wins_1 += 1,
            () = async {} => wins_2 += 1,
        }
    }
    println!("both ready: {wins_1} wins against {wins_2}");
}

async fn race_operations(first: Duration, second: Duration) {
    tokio::select! {
        // The pattern is `()` because `sleep` returns `()`.
        () = sleep(first) => println!("Operation 1 completed first"),
        () = sleep(second) => println!("Operation 2 completed first"),
    }
}
