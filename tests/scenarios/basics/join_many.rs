//! `join_many` with sources that panic, and with a slow one that wins.

use std::process::Command;

use anyhow::{Result, ensure};
use harness::repository::build_changed;
use harness::workspace::root;

use crate::scenarios::support::changed::{PAUSED, exact_times};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        exact_times("examples-basics", "join_many"),
        scenario("sources", sources).slow(),
    ]
}

/// The slower source of `select!` is not asked any more once the other has answered.
/// A panic in a future of `join!` is one of `main`; that in a task is its error. (The
/// argument says which source panics, or that the fast one is slow.)
async fn sources() -> Result<()> {
    let changes = [
        PAUSED,
        (
            "    sleep(Duration::from_millis(millis)).await;\n",
            "    sleep(Duration::from_millis(millis)).await;
    if std::env::args().next_back().unwrap() == source {
        std::panic::resume_unwind(Box::new(()));
    }
    println!(\"{source}\");\n",
        ),
        (
            "fetch_data(\"Fast\", 50)",
            "fetch_data(\"Fast\", if std::env::args().any(|it| it == \"slow\") { 600 } else { 50 })",
        ),
        (
            "    Ok(())\n",
            "    sleep(Duration::from_secs(1)).await;\n    Ok(())\n",
        ),
    ];
    let name = "join_many";
    let copy = build_changed(root(), "examples-basics", name, &changes)?;
    let joined = "API-1\nAPI-3\nAPI-2\njoin!: Data from API-1, Data from API-2, Data from API-3\n";
    let spawned = "API-5\nAPI-4\nspawn: Data from API-4, Data from API-5\n";
    for (argument, status, expected) in [
        (
            "none",
            0,
            [joined, spawned, "Fast\nFast source won: Data from Fast\n"],
        ),
        (
            "slow",
            0,
            [joined, spawned, "Slow\nSlow source won: Data from Slow\n"],
        ),
        ("API-2", 101, ["API-1\nAPI-3\n", "", ""]),
        ("API-4", 1, [joined, "API-5\n", ""]),
        ("API-5", 1, [joined, "API-4\n", ""]),
    ] {
        let done = Command::new(copy.path().join(name))
            .arg(argument)
            .output()?;
        let printed = String::from_utf8_lossy(&done.stdout);
        ensure!(
            done.status.code() == Some(status) && printed == expected.concat(),
            "with {argument}, status {status} after {expected:?} is expected, not {:?} after \
             {printed:?}",
            done.status.code()
        );
    }
    Ok(())
}
