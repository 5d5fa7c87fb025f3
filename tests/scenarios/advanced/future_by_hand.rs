//! `future_by_hand` with a future that is polled elsewhere first, and whose bell
//! rings during a poll.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("new_waker", new_waker).slow()]
}

/// The one timer wakes the task that polled last, not the one that polled first,
/// even if it rings before that poll has stored its waker.
async fn new_waker() -> Result<()> {
    let changes = [
        (
            "let polls = EggTimer::new(Duration::from_millis(300)).await;",
            "let mut egg = EggTimer::new(Duration::from_millis(300));
    let mut nobody = Context::from_waker(Waker::noop());
    assert!(Pin::new(&mut egg).poll(&mut nobody).is_pending());
    let polls = egg.await;
    // Another timer would ring by then.
    thread::sleep(Duration::from_millis(100));",
        ),
        (
            "println!(\"poll {}: too soft, store the waker\", self.polls);",
            "println!(\"poll {}: too soft, store the waker\", self.polls);
        if self.polls == 2 {
            thread::sleep(Duration::from_millis(400));
        }",
        ),
    ];
    let (status, lines) = run_changed("examples-advanced", "future_by_hand", &changes, "").await?;
    let expected = [
        "the egg is in the water",
        "poll 1: too soft, store the waker",
        "poll 2: too soft, store the waker",
        "timer: rings and wakes the task",
        "poll 3: ready",
        "the egg was looked at 3 times",
    ];
    ensure!(
        status == 0 && lines == expected,
        "{expected:?} is expected, not {status}: {lines:?}"
    );
    Ok(())
}
