//! `semaphore` whose finished tasks must not pile up, nor hide a panic.

use anyhow::{Context, Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("joins", joins).slow(),
        scenario("panics", panics).slow(),
    ]
}

/// `permit_before_spawn` joins what is done, so its set stays small.
async fn joins() -> Result<()> {
    let end = "    tasks.join_all().await;\n}\n\nasync fn download()";
    let shown = format!("    println!(\"the set has {{}} tasks\", tasks.len());\n{end}");
    let changes = [(end, shown.as_str())];
    let (_, lines) = run_changed("examples-channels", "semaphore", &changes, "").await?;
    let count = lines
        .iter()
        .find_map(|line| line.strip_prefix("the set has ")?.strip_suffix(" tasks"));
    let count = count.with_context(|| format!("no count: {lines:?}"))?;
    // Three run, and three more may have ended since the last look.
    ensure!(
        count.parse::<usize>()? <= 6,
        "the set has {count} tasks at the end, not 6 or fewer of 12"
    );
    Ok(())
}

/// If the first download panics, `permit_before_spawn` does too.
async fn panics() -> Result<()> {
    let changes = [
        (
            "    broken().await;\n    print_most(\"broken\");\n    fixed().await;\n    print_most(\"fixed\");\n",
            "",
        ),
        (
            "MOST_RUNNING.fetch_max(running, Ordering::Relaxed);",
            "assert_ne!(MOST_RUNNING.fetch_max(running, Ordering::Relaxed), 0);",
        ),
    ];
    let (status, lines) = run_changed("examples-channels", "semaphore", &changes, "").await?;
    ensure!(
        status == 101,
        "a download panics: status 101 is expected, not {status} after {lines:?}"
    );
    Ok(())
}
