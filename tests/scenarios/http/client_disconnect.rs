//! `client_disconnect` with clients that stay, and work that panics.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("panics", panics).slow()]
}

/// A client that waits is told when the task of its request has panicked; without
/// a task its connection breaks.
async fn panics() -> Result<()> {
    let changes = [
        ("Duration::from_millis(200)", "Duration::from_secs(5)"),
        (
            "    SAVED.fetch_add(1, Relaxed);",
            "    assert_eq!(SAVED.load(Relaxed), 1, \"the disk is full\");",
        ),
        (
            "        assert!(answer.is_err_and(|error| error.is_timeout()));",
            "        println!(\"{:?}\", answer.ok().map(|it| it.status().as_u16()));",
        ),
    ];
    let (status, lines) = run_changed("examples-http", "client_disconnect", &changes, "").await?;
    let answers: Vec<&str> = lines
        .iter()
        .map(String::as_str)
        .filter(|line| line.starts_with("None") || line.starts_with("Some"))
        .collect();
    ensure!(
        status == 0 && answers.join(" ") == "None None None Some(500) Some(500) Some(500)",
        "clients of `broken` get no answer, and those of `fixed` 500, not {answers:?}; \
         status {status}: {lines:?}"
    );
    Ok(())
}
