//! `sync_bridge` on a runtime without worker threads, and with sync code that
//! panics.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::{ends_with, run_changed};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("one_thread", one_thread).slow(),
        scenario("panics", panics).slow(),
    ]
}

/// `fixed` blocks no thread that runs tasks, not even where there is only one.
async fn one_thread() -> Result<()> {
    let changes = [(
        "runtime.block_on(fixed())?",
        "tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(fixed())?",
    )];
    ends_with("examples-basics", "sync_bridge", &changes, "fixed: 12 cups").await
}

/// If the sync code panics in `fixed`, `main` fails, and prints no count.
async fn panics() -> Result<()> {
    let changes = [(
        "spawn_blocking(move || count_cups_blocking(&handle))",
        "spawn_blocking(move || panic!(\"{} cups are spilled\", count_cups_blocking(&handle)))",
    )];
    let (status, lines) = run_changed("examples-basics", "sync_bridge", &changes, "").await?;
    let counts = lines.iter().any(|line| line.starts_with("fixed: "));
    ensure!(
        status == 1 && !counts,
        "status 1 and no count are expected, not {status} after {lines:?}"
    );
    Ok(())
}
