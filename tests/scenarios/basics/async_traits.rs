//! `async_traits` with a read that is aborted.

use anyhow::Result;

use crate::scenarios::support::changed::ends_with;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("aborted", aborted).slow()]
}

/// The task of `spawn_read` is the read itself: to abort the task stops the read.
async fn aborted() -> Result<()> {
    let changes = [(
        "println!(\"in a task: {}\", spawn_read(Thermometer(18)).await?);",
        "let read = spawn_read(Thermometer(18));
    sleep(Duration::from_millis(100)).await;
    read.abort();
    let read = read.await.map_err(|error| error.is_cancelled());
    return Ok(println!(\"{read:?}\"));",
    )];
    ends_with("examples-basics", "async_traits", &changes, "Err(true)").await
}
