//! Run a task in the background, and see what happens when `main` ends first.
//!
//! `main` goes on while its tasks run, but they run no longer than the runtime,
//! which stops when `main` returns: the backup of 4 s is dropped at 3 s where
//! it stands, and without the `Drop` of `Progress` nobody would notice. A task
//! that must complete has an owner, who keeps its handle and awaits it before
//! the end. The first three lines may come in any order.
//!
//! ```console,unordered
//! $ cargo run -p examples-basics --bin background_task
//! Main task is doing other work...
//! 🔧 Background task started...
//! 🔧 Backup started...
//! Background task completed!            # 2 s
//! Main task finished!                   # 3 s
//! Backup was dropped, unfinished        # 3 s
//! ```
//!
//! Copy it with `cargo add tokio -F macros,rt-multi-thread,time`.

use std::time::Duration;

use tokio::task::JoinError;
use tokio::time::sleep;

#[tokio::main]
async fn main() -> Result<(), JoinError> {
    let owned = tokio::spawn(background_task("Background task", 2));
    // Its handle is dropped at once, which does not end the task.
    tokio::spawn(background_task("Backup", 4));

    println!("Main task is doing other work...");
    sleep(Duration::from_secs(3)).await;

    owned.await?;
    println!("Main task finished!");
    Ok(())
}

async fn background_task(name: &'static str, seconds: u64) {
    println!("🔧 {name} started...");
    let mut progress = Progress {
        name,
        completed: false,
    };
    sleep(Duration::from_secs(seconds)).await;
    progress.completed = true;
    println!("{name} completed!");
}

struct Progress {
    name: &'static str,
    completed: bool,
}

impl Drop for Progress {
    fn drop(&mut self) {
        if !self.completed {
            println!("{} was dropped, unfinished", self.name);
        }
    }
}
