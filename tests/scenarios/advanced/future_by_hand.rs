//! `future_by_hand` with a future that is polled elsewhere first, and whose bell
//! rings during a poll; with one that is polled late, and a waker that looks at the
//! lock.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("new_waker", new_waker).slow(),
        scenario("lazy", lazy).slow(),
    ]
}

/// The one timer wakes the task that polled last, not the one that polled first,
/// even if it rings before that poll has stored its waker.
async fn new_waker() -> Result<()> {
    let changes = [
        (
            "let polls = EggTimer::new(Duration::from_millis(300)).await;",
            "let mut egg = EggTimer::new(Duration::from_millis(1000));
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
            thread::sleep(Duration::from_millis(1100));
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

/// The timer does not start before the first poll. When it wakes the task, the lock
/// is free: the task may be polled immediately.
async fn lazy() -> Result<()> {
    let changes = [
        (
            "let polls = EggTimer::new(Duration::from_millis(300)).await;",
            "let mut egg = EggTimer::new(Duration::from_millis(1000));
    thread::sleep(Duration::from_millis(1100));
    println!(\"nobody has polled it for 1100 ms\");
    let (sender, woken) = std::sync::mpsc::channel();
    let waker = Waker::from(Arc::new(Looks(Arc::clone(&egg.bell), sender)));
    let first = Pin::new(&mut egg).poll(&mut Context::from_waker(&waker));
    assert!(first.is_pending());
    println!(\"the lock is free: {}\", woken.recv().unwrap());
    let polls = egg.await;",
        ),
        (
            "/// Waits for a while; returns",
            "struct Looks(Arc<Mutex<Bell>>, std::sync::mpsc::Sender<bool>);

impl std::task::Wake for Looks {
    fn wake(self: Arc<Self>) {
        self.1.send(self.0.try_lock().is_ok()).unwrap();
    }
}

/// Waits for a while; returns",
        ),
    ];
    let (status, lines) = run_changed("examples-advanced", "future_by_hand", &changes, "").await?;
    let expected = [
        "the egg is in the water",
        "nobody has polled it for 1100 ms",
        "poll 1: too soft, store the waker",
        "timer: rings and wakes the task",
        "the lock is free: true",
        "poll 2: ready",
        "the egg was looked at 2 times",
    ];
    ensure!(
        status == 0 && lines == expected,
        "{expected:?} is expected, not {status}: {lines:?}"
    );
    Ok(())
}
