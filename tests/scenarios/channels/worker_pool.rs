//! `worker_pool` with a guest who leaves, and with a cook who panics.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("guest_leaves", guest_leaves).slow(),
        scenario("lost_dish", lost_dish).slow(),
    ]
}

/// The cook whose guest has left makes the next dish. The longest dish is made too,
/// although nobody waits for it: `main` waits for the cooks.
async fn guest_leaves() -> Result<()> {
    for dish in ["salad", "soup"] {
        let stays = format!("if dish != \"{dish}\" {{\n            meals.push(meal);\n        }}");
        let changes = [
            (
                "#[tokio::main(flavor = \"current_thread\")]",
                "#[tokio::main(flavor = \"current_thread\", start_paused = true)]",
            ),
            ("meals.push(meal);", &stays),
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
            "nobody waits for the {dish}: {expected:?} are expected, not {lines:?}"
        );
    }
    Ok(())
}

/// A dish that is never made is an error: the others are not served as if they were all.
async fn lost_dish() -> Result<()> {
    let change = [(
        "sleep(job.time).await;",
        "assert_ne!(job.dish, \"steak\", \"it burns\");",
    )];
    let (status, lines) = run_changed("examples-channels", "worker_pool", &change, "").await?;
    let served = lines.iter().any(|line| line.starts_with("served: "));
    ensure!(
        status == 1 && !served,
        "the steak burns: status 1 is expected and nothing served, not {status} after {lines:?}"
    );
    Ok(())
}
