//! Stop waiting for a future after a time limit, with `timeout`.
//!
//! Three sensors are read, with three outcomes. The roof answers after 1 s,
//! within its limit of 5 s. The cellar returns an error. The garden never
//! answers, so after 300 ms `timeout` drops the fetch, which cancels it. The
//! fetch returns a `Result`, and `timeout` returns another `Result` around it:
//! `Err` means that the time is up, and `Ok` holds the `Result` of the fetch.
//!
//! ```console
//! $ cargo run -p examples-basics --bin timeout
//! roof: 21 degrees        # 1 s
//! cellar: SwitchedOff     # 1.1 s
//! garden: Timeout         # 1.4 s
//! ```
//!
//! To limit several steps together, see `deadline`. If the code blocks, see
//! `timeout_blocking`.
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time`.

use std::future::pending;
use std::time::Duration;

use tokio::time::{sleep, timeout};

const LIMIT: Duration = Duration::from_secs(5);
const SHORT_LIMIT: Duration = Duration::from_millis(300);

#[tokio::main]
async fn main() {
    for (sensor, limit) in [("roof", LIMIT), ("cellar", LIMIT), ("garden", SHORT_LIMIT)] {
        match fetch_with_timeout(sensor, limit).await {
            Ok(data) => println!("{sensor}: {} degrees", data.degrees),
            Err(error) => println!("{sensor}: {error:?}"),
        }
    }
}

async fn fetch_with_timeout(sensor: &str, limit: Duration) -> Result<Data, Error> {
    match timeout(limit, fetch_data(sensor)).await {
        Ok(Ok(data)) => Ok(data),
        Ok(Err(error)) => Err(error),
        Err(_elapsed) => Err(Error::Timeout),
    }
}

struct Data {
    degrees: i32,
}

#[derive(Debug)]
enum Error {
    SwitchedOff,
    Timeout,
}

async fn fetch_data(sensor: &str) -> Result<Data, Error> {
    match sensor {
        "roof" => {
            sleep(Duration::from_secs(1)).await;
            Ok(Data { degrees: 21 })
        }
        "cellar" => {
            sleep(Duration::from_millis(100)).await;
            Err(Error::SwitchedOff)
        }
        // `pending` is a future that never completes.
        _ => pending().await,
    }
}
