//! `many_tasks` with tasks that sleep longer than the program expects, and with a
//! memory in which only they take room.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("joins", joins).slow()]
}

/// The tasks that wake up are awaited, and not only assumed to be awake by then.
/// Their memory does not count as that of the threads. All tasks are counted that are
/// not done, here also one that never is. The time includes that of starting them.
async fn joins() -> Result<()> {
    let changes = [
        ("100_000", "10"),
        (
            "async fn main() {\n",
            "async fn main() {\n    tokio::spawn(std::future::pending::<()>());\n",
        ),
        ("Duration::from_secs(3)", "Duration::from_millis(50)"),
        (
            "tasks.spawn(sleep(NAP));",
            "thread::sleep(NAP);\n        tasks.spawn(sleep(40 * NAP));",
        ),
        ("usize = 1000", "usize = 1"),
        (
            "memory_stats().map_or(0, |stats| stats.physical_mem)",
            "memory_stats().map_or(0, |_| Handle::current().metrics().num_alive_tasks() * 100)",
        ),
    ];
    let (status, lines) = run_changed("examples-basics", "many_tasks", &changes, "").await?;
    let memory = [
        "11 tasks asleep, 100 bytes each",
        "1 threads asleep, 0 bytes each",
    ];
    ensure!(
        lines.starts_with(&memory.map(String::from)),
        "{memory:?} are expected first, not {lines:?}"
    );
    let last = lines.last().map_or("", String::as_str);
    let time = last
        .strip_prefix("10 tasks woke up, ")
        .and_then(|rest| rest.split(' ').next())
        .and_then(|seconds| seconds.parse::<f64>().ok());
    ensure!(
        status == 0 && time.is_some_and(|seconds| seconds >= 2.5),
        "10 tasks that start within 0.5 s and sleep for 2 s: {status}: {lines:?}"
    );
    Ok(())
}
