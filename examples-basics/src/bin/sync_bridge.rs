//! Call async code from sync code with `block_on`, and know where it panics.
//!
//! `block_on` holds its thread until the future is done. A sync program has a
//! runtime of its own for it, which a blocking client hides inside. On a worker
//! thread it would hold up all tasks, so there it panics, and only at run time,
//! since nothing in the type of a sync function says that it blocks. From a
//! task, call sync code by `spawn_blocking`: on that thread it may block on its
//! own runtime or, through a `Handle`, on yours.
//!
//! ```console
//! $ cargo run -p examples-basics --bin sync_bridge
//! from sync code: 12 cups                   # 100 ms
//! ...
//! from a task: task [..] panicked with message "Cannot start a runtime [..]"
//! from spawn_blocking: 12 cups              # 200 ms
//! through a Handle: 12 cups, 30 plates      # 400 ms
//! ```
//!
//! Copy it with `cargo add tokio -F rt-multi-thread,time`.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::{JoinError, spawn_blocking};
use tokio::time::sleep;

fn main() -> io::Result<()> {
    let warehouse = Arc::new(Warehouse::open()?);
    println!("from sync code: {} cups", warehouse.stock("cups"));

    let runtime = Runtime::new()?;
    match runtime.block_on(broken(Arc::clone(&warehouse))) {
        Ok(cups) => println!("from a task: {cups} cups"),
        Err(error) => println!("from a task: {error}"),
    }
    let cups = runtime.block_on(fixed(warehouse))?;
    println!("from spawn_blocking: {cups} cups");

    let list = runtime.block_on(fixed_by_handle())?;
    println!("through a Handle: {list}");
    Ok(())
}

/// A client for sync programs, made of an async one.
struct Warehouse {
    runtime: Runtime,
}

impl Warehouse {
    fn open() -> io::Result<Self> {
        // It needs no thread of its own: the caller's runs it.
        let runtime = Builder::new_current_thread().enable_time().build()?;
        Ok(Self { runtime })
    }

    fn stock(&self, item: &str) -> u32 {
        self.runtime.block_on(ask_stock(item))
    }
}

async fn ask_stock(item: &str) -> u32 {
    sleep(Duration::from_millis(100)).await;
    if item == "cups" { 12 } else { 30 }
}

async fn broken(warehouse: Arc<Warehouse>) -> Result<u32, JoinError> {
    tokio::spawn(async move { warehouse.stock("cups") }).await
}

async fn fixed(warehouse: Arc<Warehouse>) -> Result<u32, JoinError> {
    // The client's end belongs there too: a task that drops a runtime panics.
    spawn_blocking(move || warehouse.stock("cups")).await
}

async fn fixed_by_handle() -> Result<String, JoinError> {
    let handle = Handle::current();
    spawn_blocking(move || stock_list(|item| handle.block_on(ask_stock(item)))).await
}

/// A sync function that knows nothing of async, and asks by a callback.
fn stock_list(stock: impl Fn(&str) -> u32) -> String {
    format!("{} cups, {} plates", stock("cups"), stock("plates"))
}
