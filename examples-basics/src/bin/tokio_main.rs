//! Start an async program with `#[tokio::main]`.
//!
//! The greeting appears after 2 s. An `async fn` needs a runtime to run it, and
//! the standard library has none. `#[tokio::main]` starts tokio's runtime,
//! which then runs `main`. The `.await` runs `greet_user` to its end before
//! `main` continues.
//!
//! ```console
//! $ cargo run -p examples-basics --bin tokio_main
//! Program started
//! Hello! Preparing your greeting...
//! Greeting ready: Welcome to async Rust!     # 2 s
//! Program finished                           # 2 s
//! ```
//!
//! To build the runtime without the macro, see `runtime_builder`.
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time`.

use std::time::Duration;

use tokio::time::sleep;

#[tokio::main]
async fn main() {
    println!("Program started");
    greet_user().await;
    println!("Program finished");
}

async fn greet_user() {
    println!("Hello! Preparing your greeting...");
    sleep(Duration::from_secs(2)).await;
    println!("Greeting ready: Welcome to async Rust!");
}
