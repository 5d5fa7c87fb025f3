//! Return a value from an `async fn`.
//!
//! `fetch_data` returns a text after 1 s, and `main` prints it. An `async fn`
//! declares the type of its result like any other function, here `String`.
//! Calling it returns a future, and `.await` turns the future into the
//! `String`. Without the `.await`, `data` would be the future itself, and
//! `println!` would not compile.
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
