//! `semaphore` whose finished tasks must not pile up, nor hide a panic.

use anyhow::{Context, Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("joins", joins).slow(),
        scenario("panics", panics).slow(),
        scenario("last_panics", last_panics).slow(),
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

/// If the last of the twelve downloads panics, so does the function that started it.
async fn last_panics() -> Result<()> {
    let calls = ["broken", "fixed", "permit_before_spawn"]
        .map(|name| format!("    {name}().await;\n    print_most(\"{name}\");\n"));
    let all = calls.concat();
    let sleep = "    sleep(Duration::from_millis(100)).await;\n";
    let panic = "    static DONE: AtomicUsize = AtomicUsize::new(0);
    assert_ne!(DONE.fetch_add(1, Ordering::Relaxed), 11);\n";
    for call in &calls {
        let changes = [(&*all, &**call), (sleep, &*format!("{sleep}{panic}"))];
        let ran = run_changed("examples-channels", "semaphore", &changes, "").await?;
        let (status, lines) = ran;
        ensure!(
            status == 101,
            "the last download panics in\n{call}: status 101 is expected, not {status} after \
             {lines:?}"
        );
    }
    Ok(())
}
