//! `join_by_hand` on several threads, with pauses where a waker may be missed or a
//! number not be there yet, with orders that wake themselves, and in another task.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::{ends_with, run_changed};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("on_threads", on_threads).slow(),
        scenario("slow_wake", slow_wake).slow(),
        scenario("wakes_itself", wakes_itself).slow(),
        scenario("new_waker", new_waker).slow(),
    ]
}

/// A timer that expires on another thread during a poll is not missed. There are two
/// orders; the second one's expires in the poll that the first one's has caused.
async fn on_threads() -> Result<()> {
    let register = "woken.task.register(context.waker());";
    // The first poll only starts the timers.
    let pause = "if polls > 0 { std::thread::sleep(Duration::from_millis(300)); }";
    packs_all(&[
        ON_THREADS,
        (register, &format!("{pause} {register}")),
        ("from_millis(10)", "from_millis(100)"),
        ("(1..=100)", "(1..=2)"),
    ])
    .await
}

/// A call of `wake` takes 200 ms to return, and another thread polls the task
/// meanwhile: it finds the number of the order. There are two orders.
async fn slow_wake() -> Result<()> {
    let slow = "#[derive(Default)]
struct AtomicWaker(futures::task::AtomicWaker);

impl AtomicWaker {
    fn register(&self, waker: &Waker) {
        self.0.register(waker);
    }

    fn wake(&self) {
        self.0.wake();
        std::thread::sleep(Duration::from_millis(200));
    }
}";
    packs_all(&[
        ON_THREADS,
        ("use futures::task::AtomicWaker;", slow),
        ("(1..=100)", "(1..=2)"),
    ])
    .await
}

/// Timers that expire on another thread than the one that polls.
const ON_THREADS: (&str, &str) = (
    "#[tokio::main(flavor = \"current_thread\", start_paused = true)]",
    "#[tokio::main(flavor = \"multi_thread\", worker_threads = 2)]",
);

/// Runs it with these changes, and expects that it packs all orders.
async fn packs_all(changes: &[(&str, &str)]) -> Result<()> {
    let (status, lines) = run_changed("examples-advanced", "join_by_hand", changes, "").await?;
    let packed = |line: &String| line.starts_with("join_own_wakers: 100 orders packed");
    ensure!(
        status == 0 && lines.last().is_some_and(packed),
        "\"join_own_wakers: 100 orders packed\" is expected, not {status}: {lines:?}"
    );
    Ok(())
}

/// An order may wake itself while it is polled, here once: each is polled three
/// times.
async fn wakes_itself() -> Result<()> {
    let own = "Pin<Box<dyn Future<Output = ()>>>";
    let order = format!(
        "Box::pin(async move {{
            let mut is_first = true;
            let once = poll_fn(|context| {{
                if mem::take(&mut is_first) {{
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }}
                Poll::Ready(())
            }});
            once.await;
            sleep(number * Duration::from_millis(10)).await;
        }}) as {own}"
    );
    let changes = [
        ("Pin<Box<Sleep>>", own),
        (
            "Box::pin(sleep(number * Duration::from_millis(10)))",
            &*order,
        ),
    ];
    let last = "join_own_wakers: 100 orders packed after 1s, 300 polls";
    ends_with("examples-advanced", "join_by_hand", &changes, last).await
}

/// The future is polled elsewhere first: the orders wake the task that polled last.
async fn new_waker() -> Result<()> {
    let changes = [(
        "    let polls = join_own_wakers(orders()).await;",
        "    let mut joined = Box::pin(join_own_wakers(orders()));
    let mut nobody = Context::from_waker(Waker::noop());
    assert!(joined.as_mut().poll(&mut nobody).is_pending());
    let polls = joined.await;",
    )];
    let last = "join_own_wakers: 100 orders packed after 1s, 200 polls";
    ends_with("examples-advanced", "join_by_hand", &changes, last).await
}
