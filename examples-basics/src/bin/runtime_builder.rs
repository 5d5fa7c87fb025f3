//! Build a runtime without `#[tokio::main]`, with `Builder`.
//!
//! This is the example `tokio_main` without the macro. `#[tokio::main]` turns
//! `async fn main` into an ordinary `main`, which builds a runtime and passes
//! the body to `block_on`. `block_on` runs a future on the thread that calls
//! it, and returns when the future is done. Spawned tasks run on worker
//! threads. A `multi_thread` runtime has one worker thread for each core by
//! default. A `current_thread` runtime has none: its tasks run inside
//! `block_on` too.
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
//! Tokio's parts are called features, and are off by default:
//!
//! - `macros`: `#[tokio::main]`, `join!` and `select!`;
//! - `rt`: `spawn` and `current_thread`; `rt-multi-thread`: worker threads;
//! - `time`: timers; `sync`: channels and locks;
//! - `net`: sockets; `fs`: files; `process`: child processes; `signal`: Ctrl-C;
//! - `io-util`: read lines, copy; `io-std`: standard input and output;
//! - `full`: all of these;
//! - `test-util`, not in `full`: a paused clock, with `rt`, `sync` and `time`.
//!
//! Copy it with `cargo add tokio -F rt-multi-thread,time`.

use std::time::Duration;
use std::{io, thread};

use tokio::runtime::{Builder, Runtime};
use tokio::time::sleep;

fn main() -> io::Result<()> {
    println!("Program started");

    // This is what `#[tokio::main]` does. Without `enable_all`, a `sleep` or a
    // socket would panic.
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(greet_user());
    print_threads("multi_thread", &runtime);

    // This is what `#[tokio::main(flavor = "current_thread")]` does.
    let runtime = Builder::new_current_thread().enable_all().build()?;
    print_threads("current_thread", &runtime);

    // The macro cannot name the threads: its option `name` is for the runtime.
    // The name of a thread appears in panic messages and debuggers.
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
    // A `current_thread` runtime runs its tasks only inside `block_on`. The
    // result would be an `Err` if the task panicked, and this one does not.
    let task = runtime.block_on(task).unwrap();
    println!("{kind}: block_on runs on {main}, tasks on {task}");
}

fn thread_name() -> String {
    thread::current().name().unwrap_or("unnamed").into()
}
