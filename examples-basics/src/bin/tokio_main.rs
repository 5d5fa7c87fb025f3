//! Start an async program with `#[tokio::main]`.
//!
//! The greeting appears after 2 s. An `async fn` does not run by itself: it
//! needs a runtime to run it, and to continue it after each wait. The
//! standard library has no runtime, so this program uses tokio's.
//! `#[tokio::main]` starts the runtime and lets it run `main`. At `.await`,
//! `main` waits until `greet_user` is done.
//!
//! ```console
//! $ cargo run -p examples-basics --bin tokio_main
//! Program started
//! Hello! Preparing your greeting...
//! Greeting ready: Welcome to async Rust!     # 2 s
//! Program finished                           # 2 s
//! ```
//!
//! A note such as `# 2 s` is not printed: it says when the line appears. To
//! build the runtime without the macro, see `runtime_builder`.
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
