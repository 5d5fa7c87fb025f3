//! `worker_pool` with a guest who leaves.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("guest_leaves", guest_leaves).slow()]
}

/// The cook whose guest has left makes the next dish.
async fn guest_leaves() -> Result<()> {
    let changes = [
        (
            "#[tokio::main(flavor = \"current_thread\")]",
            "#[tokio::main(flavor = \"current_thread\", start_paused = true)]",
        ),
        (
            "meals.push(meal);",
            "if dish != \"salad\" {\n            meals.push(meal);\n        }",
        ),
    ];
    let (_, lines) = run_changed("examples-channels", "worker_pool", &changes, "").await?;
    let cooks = lines.iter().filter(|line| line.starts_with("cook "));
    let expected = [
        "cook 2: salad",
        "cook 3: steak",
        "cook 2: bread",
        "cook 3: tea",
        "cook 2: cake",
        "cook 1: soup",
    ];
    ensure!(
        cooks.eq(&expected),
        "nobody waits for the salad: {expected:?} are expected, not {lines:?}"
    );
    Ok(())
}
