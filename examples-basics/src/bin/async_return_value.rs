//! Return a value from an `async fn`.
//!
//! The text comes from `fetch_data`, 1 s after the start. An `async fn` is
//! declared with the type of its value, here `String`. The call returns a
//! future, and `.await` gives the `String`. Without the `.await`, `data` would
//! be the future itself. A future cannot be printed, so the program would not
//! compile.
//!
//! ```console
//! $ cargo run -p examples-basics --bin async_return_value
//! Data fetched!     # 1 s
//! ```
//!
//! To return an error, see `error_handling`.
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time`.

use std::time::Duration;

use tokio::time::sleep;

#[tokio::main]
async fn main() {
    let data = fetch_data().await;
    println!("{data}");
}

async fn fetch_data() -> String {
    sleep(Duration::from_secs(1)).await;
    "Data fetched!".into()
}
