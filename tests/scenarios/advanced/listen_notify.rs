//! `listen_notify` on a server, twice at the same time, and with a listener that
//! fails.

use std::process::{Command, Stdio};

use anyhow::{Result, ensure};
use harness::repository::build_changed;
use harness::workspace::root;

use crate::scenarios::support::postgres::{
    on_own_postgresql, refuses_second_connection, refuses_silent_server, refuses_without_server,
    shows_on_postgresql,
};
use crate::scenarios::support::runner::{Scenario, on_postgresql, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("no_server", || refuses_without_server("listen_notify")),
        scenario("silent_server", || refuses_silent_server("listen_notify")),
        on_own_postgresql("one_connection", |server| {
            refuses_second_connection("listen_notify", "no second connection within 3s", server)
        })
        .slow(),
        on_postgresql("header", header),
        on_postgresql("listener_fails", listener_fails),
        on_postgresql("eight_runs", eight_runs),
    ]
}

/// The example waits for a message for 200 ms. On a busy machine one may come later,
/// so there are three tries.
async fn header(url: String) -> Result<()> {
    let mut tries = 0;
    loop {
        tries += 1;
        let shown = shows_on_postgresql("listen_notify", url.clone()).await;
        let is_late = shown.as_ref().is_err_and(|error| {
            let error = error.to_string();
            error.contains("order 2, sent to a listener: received []")
                || error.contains("order 5, sent afterwards: received []")
        });
        if !is_late || tries == 3 {
            return shown;
        }
    }
}

/// A listener that fails for good, here since its pool is closed, has not just
/// received nothing.
async fn listener_fails(url: String) -> Result<()> {
    let order_2 = "    notify(&mut shop, &channel, \"order 2\").await?;";
    let changes = [
        (
            "    let mut listener = timeout(CONNECT_TIMEOUT, PgListener::connect(&url))",
            "    let pool = sqlx::PgPool::connect(&url).await?;
    let mut listener = timeout(CONNECT_TIMEOUT, PgListener::connect_with(&pool))",
        ),
        (order_2, &*format!("    drop(pool.close());\n{order_2}")),
    ];
    let copy = build_changed(root(), "examples-advanced", "listen_notify", &changes)?;
    let mut listen = Command::new(copy.path().join("listen_notify"));
    let output = listen.env("DATABASE_URL", url).output()?;
    let printed = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(
        printed.contains("order 1")
            && !printed.contains("order 2")
            && error.contains("closed pool"),
        "an error is expected at order 2: {printed}{error}"
    );
    Ok(())
}

/// Runs at the same time receive their own orders only. There are eight, since two
/// may miss each other: each listens for a few seconds.
async fn eight_runs(url: String) -> Result<()> {
    // On a busy machine a message may need more than 200 ms.
    let change = [("Duration::from_millis(200)", "Duration::from_secs(1)")];
    let copy = build_changed(root(), "examples-advanced", "listen_notify", &change)?;
    let mut runs = Vec::new();
    for _ in 0..8 {
        let mut run = Command::new(copy.path().join("listen_notify"));
        run.env("DATABASE_URL", &url).stdout(Stdio::piped());
        runs.push(run.spawn()?);
    }
    for run in runs {
        let output = run.wait_with_output()?;
        let printed = String::from_utf8_lossy(&output.stdout);
        ensure!(
            printed.contains("received [\"order 2\"]")
                && printed.contains("received [\"order 5\"]"),
            "an order 2 and an order 5 are expected: {printed}"
        );
    }
    Ok(())
}
