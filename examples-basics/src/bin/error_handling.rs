//! Pass errors up through `.await` with `?`, and tell them apart by type.
//!
//! An `async fn` that can fail gives a `Result` when it is awaited, so `?` goes
//! after `.await`. It returns early as in any function, and turns one error
//! into another where the types say how. With an `enum` the caller can act on
//! the kind of error, which a text would leave it to parse. `main` prints each
//! error and goes on; the third id fails before anything is fetched.
//!
//! ```console
//! $ cargo run -p examples-basics --bin error_handling
//! Fetching user data...
//! Error: Invalid user ID!                          # 2 s
//! Fetching user data...                            # 2 s
//! User data for ID 7 fetched successfully!         # 4 s
//! Not a number: invalid digit found in string      # 4 s
//! Program continues running...                     # 4 s
//! ```
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time` and
//! `cargo add thiserror`.

use std::num::ParseIntError;
use std::time::Duration;

use thiserror::Error;
use tokio::time::sleep;

#[tokio::main]
async fn main() {
    for input in ["0", "7", "seven"] {
        match show_user(input).await {
            Ok(data) => println!("{data}"),
            Err(UserError::NotANumber(cause)) => {
                eprintln!("Not a number: {cause}");
            }
            Err(error) => eprintln!("Error: {error}"),
        }
    }
    println!("Program continues running...");
}

async fn show_user(input: &str) -> Result<String, UserError> {
    // `#[from]` below is how `?` gets from one error to the other.
    let user_id = input.parse()?;
    let data = fetch_user_data(user_id).await?;
    Ok(format!("{data} fetched successfully!"))
}

async fn fetch_user_data(user_id: u32) -> Result<String, UserError> {
    println!("Fetching user data...");
    sleep(Duration::from_secs(2)).await;
    if user_id == 0 {
        return Err(UserError::InvalidId);
    }
    Ok(format!("User data for ID {user_id}"))
}

#[derive(Debug, Error)]
enum UserError {
    #[error("Invalid user ID!")]
    InvalidId,
    #[error("not a number")]
    NotANumber(#[from] ParseIntError),
}
