//! `client_disconnect` with clients that stay, with work that panics, and with handlers
//! that are not dropped.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("panics", panics).slow(),
        scenario("saved_later", saved_later).slow(),
    ]
}

/// A client that waits is told when its order is saved, and when the task of its
/// request has panicked; without a task its connection breaks. The disk has room for
/// one order, each time.
async fn panics() -> Result<()> {
    let changes = [
        ("Duration::from_millis(200)", "Duration::from_secs(5)"),
        (
            "    SAVED.fetch_add(1, Relaxed);",
            "    assert_eq!(SAVED.fetch_add(1, Relaxed), 0, \"the disk is full\");",
        ),
        (
            "        assert!(answer.is_err_and(|error| error.is_timeout()));",
            "        let status = answer.ok().map(|it| it.status().as_u16());
        println!(\"answer of {} {status:?}\", &url[url.rfind('/').unwrap()..]);",
        ),
    ];
    let (status, lines) = run_changed("examples-http", "client_disconnect", &changes, "").await?;
    let answers = lines
        .iter()
        .filter_map(|line| line.strip_prefix("answer of "));
    let mut answers: Vec<&str> = answers.collect();
    answers.sort_unstable();
    let right = [
        "/broken None",
        "/broken None",
        "/broken Some(201)",
        "/fixed Some(201)",
        "/fixed Some(500)",
        "/fixed Some(500)",
    ];
    ensure!(
        status == 0 && answers == right,
        "one order of each three is saved, the other clients of `broken` get no answer, and \
         those of `fixed` 500, not {answers:?}; status {status}: {lines:?}"
    );
    Ok(())
}

/// An order that `broken` would still save is counted as its own.
async fn saved_later() -> Result<()> {
    let changes = [
        (
            "#[tokio::main]",
            "#[tokio::main(flavor = \"current_thread\", start_paused = true)]",
        ),
        (
            "async fn broken() -> StatusCode {
    place_order().await;",
            "async fn broken() -> StatusCode {
    let _ = tokio::spawn(place_order()).await;",
        ),
    ];
    let (status, lines) = run_changed("examples-http", "client_disconnect", &changes, "").await?;
    let saved = "3 cards charged, 3 orders saved";
    let right = [format!("broken: {saved}"), format!("fixed: {saved}")];
    ensure!(
        status == 0 && lines == right,
        "{right:?} is expected, not {lines:?} and status {status}"
    );
    Ok(())
}
