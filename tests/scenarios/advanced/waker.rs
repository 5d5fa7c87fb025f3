//! `waker` with a bell that rings while the waker is being stored.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("slow_register", slow_register).slow()]
}

/// The bell rings after 100 ms, and the waker is in its place after 200 ms: then
/// `fixed` looks at the bell. It has rung before its wake-up, which takes 400 ms.
async fn slow_register() -> Result<()> {
    let slow = "#[derive(Default)]
struct AtomicWaker(futures::task::AtomicWaker);

impl AtomicWaker {
    fn register(&self, waker: &Waker) {
        thread::sleep(Duration::from_millis(200));
        self.0.register(waker);
    }

    fn wake(&self) {
        self.0.wake();
        thread::sleep(2 * PAUSE);
    }
}";
    let changes = [
        ("use futures::task::AtomicWaker;", slow),
        (
            "    visit(\"broken, without a pause\", broken, Duration::ZERO);",
            "    return visit(\"slow\", fixed, Duration::ZERO);",
        ),
        // Also on a busy machine.
        ("Duration::from_millis(400)", "Duration::from_secs(4)"),
    ];
    let (status, lines) = run_changed("examples-advanced", "waker", &changes, "").await?;
    ensure!(
        status == 0 && lines.len() == 1 && lines[0].starts_with("slow: opened after"),
        "\"slow: opened after ..\" is expected, not {status}: {lines:?}"
    );
    Ok(())
}
