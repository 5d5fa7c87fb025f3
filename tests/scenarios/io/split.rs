//! `split` with other orders, and with tasks that fail.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("other_orders", other_orders).slow(),
        scenario("failures", failures).slow(),
    ]
}

const LAST_ORDER: &str = "    writer.write_all(b\"soup\\n\").await\n";

/// A third order, which ends with the connection, is cooked and is on the bill. An
/// order before the shutdown is not the end.
async fn other_orders() -> Result<()> {
    let order = "    writer.write_all(b\"tea\").await?;\n";
    let shutdown = "    writer.shutdown().await?;\n";
    let changes = [
        (LAST_ORDER, LAST_ORDER.replace("soup\\n", "soup\\nrice")),
        (shutdown, format!("{order}{shutdown}")),
    ];
    let changes = changes.each_ref().map(|(old, new)| (*old, &**new));
    let (status, lines) = run_changed("examples-io", "split", &changes, "").await?;
    // The two tasks print the second order and its answer in any order.
    let last = [
        "rice is ready",
        "the bill: 3 dishes",
        "broken, drop: the kitchen waits",
        "fixed, shutdown: the kitchen gets an order",
    ];
    ensure!(
        status == 0 && lines.ends_with(&last.map(String::from)),
        "after three orders, status 0 and {last:?} are expected, not {status}: {lines:?}"
    );
    Ok(())
}

/// An error in one of the tasks is an error of the program, and so is a panic.
async fn failures() -> Result<()> {
    let bill = "    answers.write_all(bill.as_bytes()).await\n";
    for (task, change, says) in [
        (
            LAST_ORDER,
            "    Err(io::Error::other(\"no soup today\"))\n",
            "no soup today",
        ),
        (LAST_ORDER, "    panic!(\"no pen\")\n", "task panicked"),
        (
            bill,
            "    Err(io::Error::other(\"no paper\"))\n",
            "no paper",
        ),
    ] {
        let (status, lines) = run_changed("examples-io", "split", &[(task, change)], "").await?;
        let error = lines.iter().rfind(|line| line.starts_with("Error: "));
        ensure!(
            status == 1 && error.is_some_and(|error| error.contains(says)),
            "after {change:?}, status 1 and an error with {says:?} are expected, not {status}: \
             {lines:?}"
        );
    }
    Ok(())
}
