//! Hold several steps to one deadline with `timeout_at`.
//!
//! A limit for each step lets the sum grow: two steps of 400 ms each keep
//! within 500 ms, and take 800 ms. A deadline is a moment, the same for all
//! steps, so what the first has used is no longer there for the second: it is
//! ended at 500 ms. One `timeout` around an `async` block of both steps does
//! the same, but then nobody knows which step was ended.
//!
//! ```console
//! $ cargo run -p examples-basics --bin deadline
//! logged in                             # 400 ms
//! fixed: too late to be calibrated      # 500 ms
//! logged in                             # 900 ms
//! calibrated                            # 1300 ms
//! broken: all done                      # 1300 ms
//! ```
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time`.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout, timeout_at};

const LIMIT: Duration = Duration::from_millis(500);
const STEPS: [&str; 2] = ["logged in", "calibrated"];

#[tokio::main]
async fn main() {
    println!("fixed: {}", fixed().await);
    println!("broken: {}", broken().await);
}

async fn fixed() -> String {
    let deadline = Instant::now() + LIMIT;
    for step in STEPS {
        if timeout_at(deadline, take(step)).await.is_err() {
            return format!("too late to be {step}");
        }
    }
    "all done".into()
}

async fn broken() -> String {
    for step in STEPS {
        if timeout(LIMIT, take(step)).await.is_err() {
            return format!("too late to be {step}");
        }
    }
    "all done".into()
}

async fn take(step: &str) {
    sleep(Duration::from_millis(400)).await;
    println!("{step}");
}
