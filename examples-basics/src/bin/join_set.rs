//! Run any number of tasks and take each result as it finishes, with `JoinSet`.
//!
//! The folders of a file server are listed, starting at the root. Each folder
//! found is one more task, so nobody knows beforehand how many there will be.
//! `join_next` returns the results in the order in which the tasks finish, and
//! `None` when no task is left. A task that fails does not stop the others.
//!
//! ```console
//! $ cargo run -p examples-basics --bin join_set
//! root: ["docs", "music", "photos"]     # 200 ms
//! photos: []                            # 400 ms
//! docs: permission denied               # 600 ms
//! music: ["jazz"]                       # 800 ms
//! jazz: []                              # 1 s
//! ```
//!
//! A `JoinSet` has no limit: a million folders would be a million tasks. To
//! limit how many run at the same time, see `semaphore`. To see what dropping a
//! set does, see `abort_on_drop`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,rt-multi-thread,time
//! cargo add anyhow
//! ```

use std::time::Duration;

use anyhow::bail;
use tokio::task::JoinSet;
use tokio::time::sleep;

#[tokio::main]
async fn main() {
    let mut tasks = JoinSet::new();
    tasks.spawn(list("root"));

    while let Some(ended) = tasks.join_next().await {
        match ended {
            Ok(Ok((folder, subfolders))) => {
                println!("{folder}: {subfolders:?}");
                for subfolder in subfolders {
                    tasks.spawn(list(subfolder));
                }
            }
            Ok(Err(error)) => println!("{error}"),
            Err(error) => println!("a task panicked: {error}"),
        }
    }
}

/// Returns the folder too, because the results come in any order.
async fn list(folder: &'static str) -> anyhow::Result<(&'static str, Vec<&'static str>)> {
    let (millis, subfolders) = match folder {
        "root" => (200, vec!["docs", "music", "photos"]),
        "music" => (600, vec!["jazz"]),
        "docs" => (400, vec![]),
        _ => (200, vec![]),
    };
    sleep(Duration::from_millis(millis)).await;
    if folder == "docs" {
        bail!("{folder}: permission denied");
    }
    Ok((folder, subfolders))
}
