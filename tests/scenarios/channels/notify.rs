//! `notify`, how it rings, and how long a waiter waits.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("limit", limit).slow()]
}

/// The bell rings as the lines say, and the last waiter waits for 1 s.
async fn limit() -> Result<()> {
    let changes = [
        (
            "use tokio::sync::Notify;",
            "struct Notify(tokio::sync::Notify);

impl Notify {
    fn new() -> Self {
        Self(tokio::sync::Notify::new())
    }

    fn notify_one(&self) {
        println!(\"rings for one\");
        self.0.notify_one();
    }

    fn notify_waiters(&self) {
        println!(\"rings for all\");
        self.0.notify_waiters();
    }

    fn notified(&self) -> impl Future<Output = ()> {
        self.0.notified()
    }
}",
        ),
        (
            "    let woken = is_woken(&bell).await;",
            "    let start = tokio::time::Instant::now();
    let woken = is_woken(&bell).await;
    println!(\"{} ms\", start.elapsed().as_millis() / 10 * 10);
    return;",
        ),
    ];
    let (_, lines) = run_changed("examples-channels", "notify", &changes, "").await?;
    let expected = [
        "rings for one",
        "rings for one",
        "notify_one twice, then two waiters: woken true, false",
        "rings for all",
        "two waiters, then notify_waiters: woken true, true",
        "rings for all",
        "1000 ms",
    ];
    ensure!(
        lines == expected,
        "{expected:?} are expected, not {lines:?}"
    );
    Ok(())
}
