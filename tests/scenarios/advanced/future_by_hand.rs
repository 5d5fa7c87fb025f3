//! `future_by_hand` with a future that is polled elsewhere first.

use anyhow::Result;

use crate::scenarios::support::changed::ends_with;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("new_waker", new_waker).slow()]
}

/// The timer wakes the task that polled last, not the one that polled first.
async fn new_waker() -> Result<()> {
    let change = [(
        "let polls = EggTimer::new(Duration::from_millis(300)).await;",
        "let mut egg = EggTimer::new(Duration::from_millis(300));
    let mut nobody = Context::from_waker(Waker::noop());
    assert!(Pin::new(&mut egg).poll(&mut nobody).is_pending());
    let polls = egg.await;",
    )];
    let last = "the egg was looked at 3 times";
    ends_with("examples-advanced", "future_by_hand", &change, last).await
}
