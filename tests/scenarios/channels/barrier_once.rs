//! `barrier_once` with a thread for each runner.

use anyhow::{Context, Result, ensure};

use crate::scenarios::support::changed::{PAUSED, exact_times, prints, run_changed};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        exact_times("examples-channels", "barrier_once"),
        scenario("leader", leader).slow(),
        scenario("on_threads", on_threads).slow(),
    ]
}

/// Whoever comes last is the leader, whatever its name is.
async fn leader() -> Result<()> {
    let changes = [
        PAUSED,
        ("\"Ada\", 100, 300", "\"Eve\", 300, 300"),
        ("\"Ben\", 200, 200", "\"Dan\", 100, 200"),
        ("\"Cleo\", 300, 400", "\"Zoe\", 200, 400"),
    ];
    let expected = [
        "fetching the map",
        "Dan is ready for 10 km",
        "Zoe is ready for 10 km",
        "Eve is ready for 10 km",
        "go!",
        "the winner is Dan",
        "Eve comes after Dan",
        "Zoe comes after Dan",
    ];
    prints("examples-channels", "barrier_once", &changes, 0, &expected).await
}

/// If all three finish at the same time, one of them wins, and the others are told who
/// that is. A look at the winner takes so long that meanwhile the others look, too. The
/// map is another one.
async fn on_threads() -> Result<()> {
    let changes = [
        (
            "use tokio::sync::{Barrier, OnceCell, SetOnce};",
            "use tokio::sync::{Barrier, OnceCell};

struct SetOnce<T>(tokio::sync::SetOnce<T>);

impl<T> SetOnce<T> {
    fn new() -> Self {
        Self(tokio::sync::SetOnce::new())
    }

    fn get(&self) -> Option<&T> {
        let seen = self.0.get();
        std::thread::sleep(Duration::from_millis(300));
        seen
    }
}

impl<T> std::ops::Deref for SetOnce<T> {
    type Target = tokio::sync::SetOnce<T>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

fn on_this_thread(task: impl Future) {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().build().unwrap().block_on(task);
}",
        ),
        ("#[tokio::main]\nasync fn main() {", "fn main() {"),
        ("await;\n    10\n}", "await;\n    12\n}"),
        (
            "    tokio::join!(
        run(&race, \"Ada\", 100, 300),
        run(&race, \"Ben\", 200, 200),
        run(&race, \"Cleo\", 300, 400),
        announce(&race),
    );",
            "    std::thread::scope(|threads| {
        for name in [\"Ada\", \"Ben\", \"Cleo\"] {
            let race = &race;
            threads.spawn(move || on_this_thread(run(race, name, 0, 100)));
        }
        threads.spawn(|| on_this_thread(announce(&race)));
    });",
        ),
    ];
    let (_, mut lines) = run_changed("examples-channels", "barrier_once", &changes, "").await?;
    let winner = lines
        .iter()
        .find_map(|line| line.strip_prefix("the winner is "));
    let winner = winner.with_context(|| format!("nobody wins: {lines:?}"))?;
    let mut expected = vec![
        "fetching the map".to_string(),
        "go!".to_string(),
        format!("the winner is {winner}"),
    ];
    for name in ["Ada", "Ben", "Cleo"] {
        expected.push(format!("{name} is ready for 12 km"));
        if name != winner {
            expected.push(format!("{name} comes after {winner}"));
        }
    }
    expected.sort();
    lines.sort();
    ensure!(
        lines == expected,
        "{expected:?} are expected in any order, not {lines:?}"
    );
    Ok(())
}
