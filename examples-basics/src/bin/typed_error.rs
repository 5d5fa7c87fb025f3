//! Pass errors on with `?`, and tell them apart with an `enum` and `thiserror`.
//!
//! Three users are looked up, and two lookups fail: user 8 does not exist, and
//! `seven` is not a number. The error is an `enum`, so `main` can tell the two
//! apart: if there is no such user, it sends an invitation. `describe_user`
//! passes errors on with `?`; in async code it follows the `.await`. The crate
//! `thiserror` makes an error type from the `enum`: `#[error]` sets the
//! message, and `#[from]` lets `?` turn a `ParseIntError` into a `UserError`.
//!
//! ```console
//! $ cargo run -p examples-basics --bin typed_error
//! user 7 is Ada                       # 100 ms
//! Error: there is no user 8           # 200 ms
//! inviting user 8
//! Error: not a user ID: invalid digit found in string
//! ```
//!
//! If callers only print the error, the crate `anyhow` is simpler: its error
//! type can hold any error.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,rt-multi-thread,time
//! cargo add thiserror
//! ```

use std::num::ParseIntError;
use std::time::Duration;

use thiserror::Error;
use tokio::time::sleep;

#[tokio::main]
async fn main() {
    for input in ["7", "8", "seven"] {
        match describe_user(input).await {
            Ok(description) => println!("{description}"),
            Err(error) => {
                println!("Error: {error}");
                if let UserError::NotFound(id) = error {
                    println!("inviting user {id}");
                }
            }
        }
    }
}

async fn describe_user(input: &str) -> Result<String, UserError> {
    let id: u32 = input.parse()?;
    let name = fetch_name(id).await?;
    Ok(format!("user {id} is {name}"))
}

async fn fetch_name(id: u32) -> Result<&'static str, UserError> {
    sleep(Duration::from_millis(100)).await;
    if id == 7 {
        Ok("Ada")
    } else {
        Err(UserError::NotFound(id))
    }
}

#[derive(Debug, Error)]
enum UserError {
    #[error("there is no user {0}")]
    NotFound(u32),
    #[error("not a user ID: {0}")]
    NotANumber(#[from] ParseIntError),
}
