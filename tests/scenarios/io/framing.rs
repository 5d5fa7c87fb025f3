//! What `framing` of examples-io does with memory.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use harness::Terminal;
use harness::workspace::binary;

use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![memory("framing", "fixed: 4294967295 bytes are too long")]
}

/// The length of a frame is checked before there is room for it. `said` is the
/// example's last line.
pub fn memory(example: &'static str, said: &'static str) -> Scenario {
    scenario("memory", move || run_with_little(example, said)).needs(
        cfg!(target_os = "linux"),
        "only Linux limits memory by ulimit -v",
    )
}

/// Here nobody gets the 4 GiB that the hostile frame asks for.
async fn run_with_little(example: &str, said: &str) -> Result<()> {
    let mut terminal = Terminal::open()?;
    let path = binary(example)?.display();
    let small = "MALLOC_ARENA_MAX=1 TOKIO_WORKER_THREADS=2";
    let mut job = terminal.start(&format!("ulimit -v 2000000; {small} '{path}'"))?;
    let mut lines = Vec::new();
    let deadline = Instant::now() + Duration::from_secs(10);
    let status = terminal.wait(&mut job, deadline, &mut lines)?;
    let last = lines.last().map(|line| line.text.as_str());
    ensure!(
        status == Some(0) && last == Some(said),
        "{status:?}: {lines:?}"
    );
    Ok(())
}
