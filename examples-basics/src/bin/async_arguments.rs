//! Pass an argument to an `async fn`.
//!
//! The data of user 42 arrives after 100 ms. Arguments of an `async fn` are
//! written as in any function. The future keeps them until it is done, because
//! the body runs later than the call. If an argument is a reference, the future
//! borrows the value, which must live until the future is done.
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
