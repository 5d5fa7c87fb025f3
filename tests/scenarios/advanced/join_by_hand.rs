//! `join_by_hand` on several threads, with pauses where a waker may be missed, and
//! with orders that wake themselves.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::{ends_with, run_changed};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("on_threads", on_threads).slow(),
        scenario("wakes_itself", wakes_itself).slow(),
    ]
}

/// Timers that expire on another thread during a poll are not missed. In a poll of
/// 22 ms that begins with the third order, the fourth and the fifth expire, and so
/// on; the last poll begins with number 99.
async fn on_threads() -> Result<()> {
    let register = "woken.task.register(context.waker());";
    let pause = "std::thread::sleep(Duration::from_millis(22));";
    let changes = [
        (
            "#[tokio::main(flavor = \"current_thread\", start_paused = true)]",
            "#[tokio::main(flavor = \"multi_thread\", worker_threads = 2)]",
        ),
        (register, &*format!("{pause} {register}")),
    ];
    let (status, lines) = run_changed("examples-advanced", "join_by_hand", &changes, "").await?;
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
