//! Pass an argument to an `async fn`.
//!
//! The data of user 42 arrives after 100 ms. An `async fn` takes arguments like
//! any other function. The call only returns a future, and `.await` runs the
//! body. So the future keeps the arguments until the body is done. If one is
//! a reference, the value that it refers to must live until then.
//!
//! ```console
//! $ cargo run -p examples-basics --bin async_arguments
//! Result: User data for ID: 42     # 100 ms
//! ```
//!
//! To use a local variable in a spawned task, see `borrow_or_spawn`.
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time`.

use std::time::Duration;

use tokio::time::sleep;

#[tokio::main]
async fn main() {
    let result = fetch_user_data(42).await;
    println!("Result: {result}");
}

async fn fetch_user_data(user_id: u32) -> String {
    sleep(Duration::from_millis(100)).await;
    format!("User data for ID: {user_id}")
}
