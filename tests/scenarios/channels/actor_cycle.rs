//! `actor_cycle` and the times at which guests come and have their dish, or none.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("cooked_first", cooked_first).slow()]
}

/// A dish comes when it is cooked: one every 10 ms, the first one after 10 ms. The
/// tenth is dropped here, and does not count as served. While both inboxes are full,
/// guests wait: at first six come in, and the seventh waits.
async fn cooked_first() -> Result<()> {
    let changes = [
        (
            "async fn fixed() -> usize {",
            "async fn fixed() -> usize {\n    let start = Instant::now();",
        ),
        (
            "dishes.spawn(dish);",
            "dishes.spawn(async move {
                let dish = dish.await;
                println!(\"{dish:?} after {} ms\", start.elapsed().as_millis());
                dish
            });",
        ),
        (
            "let _ = ready.send(());",
            "if start.elapsed() < Duration::from_millis(100) {
                let _ = ready.send(());
            }",
        ),
        (
            "|| Event::Guest)",
            "|| {
        println!(\"broken: a guest\");
        Event::Guest
    })",
        ),
        (
            "come(to_waiter, || ())",
            "come(to_waiter, || println!(\"a guest after {} ms\", start.elapsed().as_millis()))",
        ),
    ];
    let (_, lines) = run_changed("examples-channels", "actor_cycle", &changes, "").await?;
    let (guests, lines): (Vec<_>, Vec<_>) =
        lines.into_iter().partition(|line| line.contains("a guest"));
    let mut expected = vec!["broken: a guest".to_string(); 7];
    let times = [0, 0, 0, 0, 0, 0, 0, 10, 20, 30];
    expected.extend(times.map(|time| format!("a guest after {time} ms")));
    ensure!(
        guests == expected,
        "each inbox has room for two: {expected:?} are expected, not {guests:?}"
    );
    let mut expected: Vec<_> = (1..=9)
        .map(|dish| format!("Ok(()) after {} ms", 10 * dish))
        .collect();
    expected.push("Err(RecvError(())) after 100 ms".into());
    expected.push("fixed: 9 of 10 dishes served in 100 ms".into());
    ensure!(
        lines.ends_with(&expected),
        "{expected:?} are expected, not {lines:?}"
    );
    Ok(())
}
