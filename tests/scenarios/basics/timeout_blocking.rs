//! `timeout_blocking` whose thread is told to stop before it begins.

use anyhow::Result;

use crate::scenarios::support::changed::ends_with;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("before_each_file", before_each_file).slow()]
}

/// The thread looks at the flag before each file, also before the first one.
async fn before_each_file() -> Result<()> {
    let changes = [(
        "spawn_blocking(move || copy_files(&flag))",
        "spawn_blocking(move || {
        while !flag.load(Ordering::Relaxed) {
            thread::yield_now();
        }
        copy_files(&flag)
    })",
    )];
    let last = "its thread has copied 0 of 3 files";
    ends_with("examples-basics", "timeout_blocking", &changes, last).await
}
