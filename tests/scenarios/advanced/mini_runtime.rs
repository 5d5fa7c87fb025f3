//! `mini_runtime` with a task that never waits.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("busy_task", busy_task).slow()]
}

/// A task that wakes itself again and again for a second holds up neither timers
/// nor sockets.
async fn busy_task() -> Result<()> {
    let change = [(
        "    let Counts { done, rounds } = executor.run()?;",
        "    let start = std::time::Instant::now();
    executor.spawn(std::future::poll_fn(move |context| {
        if start.elapsed() > Duration::from_secs(1) {
            println!(\"busy: done\");
            return std::task::Poll::Ready(Ok(()));
        }
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    }));
    let Counts { done, rounds } = executor.run()?;",
    )];
    let (status, lines) =
        run_changed("examples-advanced", "mini_runtime/main", &change, "").await?;
    let expected = [
        "tea: started",
        "egg: started",
        "the echo is \"good morning\"",
        "tea: done",
        "egg: done",
        "busy: done",
    ];
    ensure!(
        status == 0 && lines.len() == 7 && lines[..6] == expected,
        "{expected:?} and a count are expected, not {status}: {lines:?}"
    );
    Ok(())
}
