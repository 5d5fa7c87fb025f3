//! Give several steps one common deadline with `timeout_at`.
//!
//! Two steps of 400 ms each share a limit of 500 ms. In `broken` each step has
//! a `timeout` of 500 ms. Each step stays within it, but together they take
//! 800 ms, and there is no error. A deadline is a moment, not a duration.
//! `fixed` computes the deadline before the first step and passes it to a
//! `timeout_at` for each step. The second step is canceled 500 ms after the
//! start of the first.
//!
//! ```console
//! $ cargo run -p examples-basics --bin deadline
//! logged in                   # 400 ms
//! calibrated                  # 800 ms
//! broken: Ok(())              # 800 ms
//! logged in                   # 1.2 s
//! fixed: Err(Elapsed(()))     # 1.3 s
//! ```
//!
//! One `timeout` around an `async` block with both steps would do the same.
//! With a deadline, the steps can be in different functions, and each can
//! handle its own timeout. For a single step, see `timeout`.
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time`.

use std::time::Duration;

use tokio::time::error::Elapsed;
use tokio::time::{Instant, sleep, timeout, timeout_at};

const LIMIT: Duration = Duration::from_millis(500);

#[tokio::main]
async fn main() {
    println!("broken: {:?}", broken().await);
    println!("fixed: {:?}", fixed().await);
}

async fn broken() -> Result<(), Elapsed> {
    timeout(LIMIT, log_in()).await?;
    timeout(LIMIT, calibrate()).await?;
    Ok(())
}

async fn fixed() -> Result<(), Elapsed> {
    // This is tokio's `Instant`. `timeout_at` does not accept the one of `std`.
    let deadline = Instant::now() + LIMIT;
    timeout_at(deadline, log_in()).await?;
    timeout_at(deadline, calibrate()).await?;
    Ok(())
}

async fn log_in() {
    sleep(Duration::from_millis(400)).await;
    println!("logged in");
}

async fn calibrate() {
    sleep(Duration::from_millis(400)).await;
    println!("calibrated");
}
