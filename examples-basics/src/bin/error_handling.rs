//! Return an error from an `async fn` and handle it with `match`.
//!
//! ID 0 is not valid, so the first fetch returns an error after 2 s. `main`
//! prints the error and continues with user 7. An `async fn` that can fail
//! returns a `Result`, like any function that can fail. `.await` gives this
//! `Result`, and `match` handles both cases.
//!
//! ```console
//! $ cargo run -p examples-basics --bin error_handling
//! Fetching user data...
//! Error: Invalid user ID!                         # 2 s
//! Fetching user data...                           # 2 s
//! User data for ID 7 fetched successfully!        # 4 s
//! Program continues running...                    # 4 s
//! ```
//!
//! A literal text, a `&'static str`, is enough for an error that is only
//! printed. If callers must tell errors apart, see `typed_error`.
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time`.

use std::time::Duration;

use tokio::time::sleep;

#[tokio::main]
async fn main() {
    for user_id in [0, 7] {
        match fetch_user_data(user_id).await {
            Ok(message) => println!("{message}"),
            Err(error) => println!("Error: {error}"),
        }
    }
    println!("Program continues running...");
}

async fn fetch_user_data(user_id: u32) -> Result<String, &'static str> {
    println!("Fetching user data...");
    sleep(Duration::from_secs(2)).await;
    if user_id == 0 {
        return Err("Invalid user ID!");
    }
    Ok(format!("User data for ID {user_id} fetched successfully!"))
}
