//! Build the runtime by hand, as `#[tokio::main]` does, with `Builder`.
//!
//! This is `tokio_main` without the macro. `#[tokio::main]` turns `async fn
//! main` into an ordinary `main` that builds a runtime and calls `block_on`
//! with the body. The thread that calls `block_on` runs that future. Spawned
//! tasks run on the worker threads of a `multi_thread` runtime, by default one
//! for each core. A `current_thread` runtime has none: `block_on` runs the
//! tasks too.
//!
//! ```console
//! $ cargo run -p examples-basics --bin runtime_builder
//! Program started
//! Hello! Preparing your greeting...
//! Greeting ready: Welcome to async Rust!     # 2 s
//! multi_thread: block_on runs on main, tasks on tokio-rt-worker
//! current_thread: block_on runs on main, tasks on main
//! with a name: block_on runs on main, tasks on my-worker
//! Program finished
//! ```
//!
//! tokio's features are off by default:
//!
//! - `macros`: `#[tokio::main]`, `join!` and `select!`;
//! - `rt`: `spawn` and `current_thread`; `rt-multi-thread`: the workers;
//! - `time`: timers; `sync`: channels and locks;
//! - `net`: sockets; `fs`: files; `process`: child processes; `signal`: Ctrl-C;
//! - `io-util`: read lines, copy; `io-std`: standard input and output;
//! - `full`: all of these; `test-util`, which is not in it: a paused clock.
//!
//! Copy it with `cargo add tokio -F rt-multi-thread,time`.

use std::time::Duration;
use std::{io, thread};

use tokio::runtime::{Builder, Runtime};
use tokio::time::sleep;

fn main() -> io::Result<()> {
    println!("Program started");

    // The same as `#[tokio::main]`. Without `enable_all`, timers and sockets
    // panic.
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(greet_user());
    print_threads("multi_thread", &runtime);

    // The same as `#[tokio::main(flavor = "current_thread")]`.
    let runtime = Builder::new_current_thread().enable_all().build()?;
    print_threads("current_thread", &runtime);

    // The macro cannot name threads. The name shows in panics and debuggers.
    let runtime = Builder::new_multi_thread()
        .thread_name("my-worker")
        .enable_all()
        .build()?;
    print_threads("with a name", &runtime);

    println!("Program finished");
    Ok(())
}

async fn greet_user() {
    println!("Hello! Preparing your greeting...");
    sleep(Duration::from_secs(2)).await;
    println!("Greeting ready: Welcome to async Rust!");
}

fn print_threads(kind: &str, runtime: &Runtime) {
    let main = runtime.block_on(async { thread_name() });
    let task = runtime.spawn(async { thread_name() });
    // A `current_thread` runtime runs its tasks only inside `block_on`.
    let task = runtime.block_on(task).unwrap();
    println!("{kind}: block_on runs on {main}, tasks on {task}");
}

fn thread_name() -> String {
    thread::current().name().unwrap_or("unnamed").into()
}
