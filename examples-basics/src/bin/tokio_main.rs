//! Start an async program with `#[tokio::main]`.
//!
//! A greeting appears after 2 s. An `async fn` does not run by itself. It needs
//! a runtime, which runs it and continues it after each wait. The standard
//! library has no runtime, so this program uses tokio's. `#[tokio::main]`
//! starts the runtime, which then runs `main`. At the `.await`, `main` waits
//! until `greet_user` is done.
//!
//! ```console
//! $ cargo run -p examples-basics --bin tokio_main
//! Program started
//! Hello! Preparing your greeting...
//! Greeting ready: Welcome to async Rust!     # 2 s
//! Program finished                           # 2 s
//! ```
//!
//! `# 2 s` is not printed. It says that the line appears 2 s after the start.
//! To build the runtime without the macro, see `runtime_builder`.
//!
//! Many parts of tokio are off by default. They are called features, and `-F`
//! turns on those that this file uses.
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
