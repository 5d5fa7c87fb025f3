//! Give up waiting for a `Result` with `timeout`.
//!
//! There are three outcomes, in a `Result` around the `Result`: the value, the
//! fetch's own error, or the end of the limit, here 300 ms. Then the fetch is
//! dropped at the `.await` where it stands. Only there can it end: a fetch that
//! computes or blocks, without an `.await`, outlasts any limit.
//!
//! ```console
//! $ cargo run -p examples-basics --bin timeout
//! roof: Ok(21)                 # 100 ms
//! cellar: Err(SwitchedOff)     # 200 ms
//! garden: Err(Timeout)         # 500 ms
//! ```
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time`.

use std::future::pending;
use std::time::Duration;

use tokio::time::{sleep, timeout};

const LIMIT: Duration = Duration::from_millis(300);

#[tokio::main]
async fn main() {
    for sensor in ["roof", "cellar", "garden"] {
        println!("{sensor}: {:?}", fetch_with_timeout(sensor).await);
    }
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

async fn fetch_data(sensor: &str) -> Result<i32, Error> {
    sleep(Duration::from_millis(100)).await;
    match sensor {
        "roof" => Ok(21),
        "cellar" => Err(Error::SwitchedOff),
        _ => pending().await,
    }
}
