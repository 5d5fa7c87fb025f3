//! Run any number of tasks and take each result as it finishes, with `JoinSet`.
//!
//! Each folder of a file server is listed by a task of its own. A task may find
//! more folders, so the number of tasks is not known in advance. `join_next`
//! waits for the next task that finishes, whichever it is. So `beach`, a folder
//! in `photos`, does not wait for `docs` and `music`. When no task is left,
//! `join_next` returns `None`. A task that returns an error does not stop the
//! others: here `docs` fails, and the program continues.
//!
//! ```console
//! $ cargo run -p examples-basics --bin join_set
//! root: ["docs", "music", "photos"]     # 200 ms
//! photos: ["beach"]                     # 400 ms
//! beach: []                             # 600 ms
//! docs: permission denied               # 800 ms
//! music: []                             # 1 s
//! ```
//!
//! A `JoinSet` has no limit: with a million folders, a million tasks could run
//! at the same time. To limit them, see `semaphore` in examples-channels. To
//! see what happens when a set is dropped, see `abort_on_drop`.
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
        // The outer `Result` is an `Err` if the task panicked. The inner one is
        // what `list` returned.
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

/// Returns the folder and its subfolders. Results arrive in any order, so
/// without the folder, `main` would not know where the subfolders belong.
async fn list(folder: &'static str) -> anyhow::Result<(&'static str, Vec<&'static str>)> {
    let (millis, subfolders) = match folder {
        "root" => (200, vec!["docs", "music", "photos"]),
        "photos" => (200, vec!["beach"]),
        "docs" => (600, vec![]),
        "music" => (800, vec![]),
        _ => (200, vec![]),
    };
    sleep(Duration::from_millis(millis)).await;
    if folder == "docs" {
        // `bail!` returns an error with this message.
        bail!("{folder}: permission denied");
    }
    Ok((folder, subfolders))
}
