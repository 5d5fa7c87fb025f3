//! Give up waiting with `timeout`, over one step or over several.
//!
//! Over a `Result` it has three outcomes: the value, the fetch's own error, or
//! the end of the limit, which drops the fetch at the `.await` where it stands.
//! A limit for each step lets the sum grow: two steps of 200 ms keep within 300
//! ms each, and take 400 ms. With one deadline for both, `timeout_at` ends the
//! second at 300 ms. Code that computes without an `.await` is not ended.
//!
//! ```console
//! $ cargo run -p examples-basics --bin timeout
//! roof: Ok(21)                         # 100 ms
//! cellar: Err(SwitchedOff)             # 200 ms
//! garden: Err(Timeout)                 # 500 ms
//! logged in                            # 700 ms
//! calibrated                           # 900 ms
//! broken: Ok(())                       # 900 ms
//! logged in                            # 1100 ms
//! fixed: Err(Timeout)                  # 1200 ms
//! ```
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time`.

use std::future::pending;
use std::time::Duration;

use tokio::time::error::Elapsed;
use tokio::time::{Instant, sleep, timeout, timeout_at};

const LIMIT: Duration = Duration::from_millis(300);

#[tokio::main]
async fn main() {
    for sensor in ["roof", "cellar", "garden"] {
        println!("{sensor}: {:?}", fetch_with_timeout(sensor).await);
    }

    println!("broken: {:?}", broken().await);
    println!("fixed: {:?}", fixed().await);
}

async fn fetch_with_timeout(sensor: &str) -> Result<i32, Error> {
    match timeout(LIMIT, fetch_data(sensor)).await {
        Ok(Ok(degrees)) => Ok(degrees),
        Ok(Err(error)) => Err(error),
        Err(_elapsed) => Err(Error::Timeout),
    }
}

#[derive(Debug)]
enum Error {
    SwitchedOff,
    Timeout,
}

impl From<Elapsed> for Error {
    fn from(_: Elapsed) -> Self {
        Self::Timeout
    }
}

async fn fetch_data(sensor: &str) -> Result<i32, Error> {
    sleep(Duration::from_millis(100)).await;
    match sensor {
        "roof" => Ok(21),
        "cellar" => Err(Error::SwitchedOff),
        _ => pending().await,
    }
}

async fn broken() -> Result<(), Error> {
    timeout(LIMIT, step("logged in")).await?;
    timeout(LIMIT, step("calibrated")).await?;
    Ok(())
}

async fn fixed() -> Result<(), Error> {
    let deadline = Instant::now() + LIMIT;
    timeout_at(deadline, step("logged in")).await?;
    timeout_at(deadline, step("calibrated")).await?;
    Ok(())
}

async fn step(done: &str) {
    sleep(Duration::from_millis(200)).await;
    println!("{done}");
}
