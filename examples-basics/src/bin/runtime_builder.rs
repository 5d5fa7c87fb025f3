//! Build by hand the runtime that `#[tokio::main]` builds.
//!
//! `async fn main` cannot run by itself: something must poll its future. The
//! macro makes `main` an ordinary function that builds a runtime and gives the
//! future to `block_on`, which polls it on the calling thread. Spawned tasks
//! run on the worker threads of `multi_thread`, one for each core;
//! `current_thread` has none and runs them too inside `block_on`.
//!
//! ```console
//! $ cargo run -p examples-basics --bin runtime_builder
//! Program started
//! Hello! Preparing your greeting...
//! Greeting ready: Welcome to async Rust!     # 2 s
//! multi_thread: body on main, task on tokio-rt-worker
//! current_thread: body on main, task on main
//! two named workers: body on main, task on barista
//! Program finished
//! ```
//!
//! No feature of tokio is on by default. `rt` buys `current_thread` and
//! `spawn`, `rt-multi-thread` the workers, `macros` `#[tokio::main]`, `join!`
//! and `select!`, `time` timers, `sync` channels and locks, `net` sockets, `fs`
//! files, `io-util` reading by line and copying, `io-std` the terminal,
//! `signal` Ctrl-C, `process` child processes and `test-util` a clock to be
//! paused. `full` is all but the last, and 19 crates to build where this file
//! takes 2.
//!
//! Copy it with `cargo add tokio -F rt-multi-thread,time`.

use std::time::Duration;
use std::{io, thread};

use tokio::runtime::{Builder, Runtime};
use tokio::time::sleep;

fn main() -> io::Result<()> {
    println!("Program started");

    // This is `#[tokio::main]`. Without `enable_all`, timers and sockets panic.
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    let greeting = runtime.block_on(greet_user());
    println!("Greeting ready: {greeting}");
    println!("multi_thread: {}", threads(&runtime));

    // This is `#[tokio::main(flavor = "current_thread")]`.
    let runtime = Builder::new_current_thread().enable_all().build()?;
    println!("current_thread: {}", threads(&runtime));

    // This goes beyond the macro: the name shows in panics and debuggers.
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("barista")
        .enable_all()
        .build()?;
    println!("two named workers: {}", threads(&runtime));

    println!("Program finished");
    Ok(())
}

async fn greet_user() -> &'static str {
    println!("Hello! Preparing your greeting...");
    sleep(Duration::from_secs(2)).await;
    "Welcome to async Rust!"
}

/// Says which thread polls the future of `block_on`, and which a task.
fn threads(runtime: &Runtime) -> String {
    runtime.block_on(async {
        let task = tokio::spawn(async { thread_name() }).await;
        let task = task.unwrap_or_else(|error| error.to_string());
        format!("body on {}, task on {task}", thread_name())
    })
}

fn thread_name() -> String {
    thread::current()
        .name()
        .unwrap_or("a thread without a name")
        .into()
}
