//! `sqlite_write_lock` and what it has sold.

use anyhow::{Context, Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("counts", counts).slow()]
}

/// The counter has each sale that succeeded, and no other.
async fn counts() -> Result<()> {
    let changes = [(
        "    pool.close().await;
    Ok(format!(",
        "    let counter: i64 = sqlx::query_scalar(\"SELECT sold FROM counter\")
        .fetch_one(&pool)
        .await?;
    println!(\"counter: {counter}\");
    pool.close().await;
    Ok(format!(",
    )];
    let (_, lines) = run_changed("examples-advanced", "sqlite_write_lock", &changes, "").await?;
    let mut all = 0;
    for pair in lines.windows(2) {
        let Some(counter) = pair[0].strip_prefix("counter: ") else {
            continue;
        };
        let sold = pair[1].split(" of 4 sold").next().unwrap_or_default();
        let sold = sold.rsplit(' ').next().unwrap_or_default();
        let sold: u32 = sold.parse().with_context(|| format!("{lines:?}"))?;
        all += sold;
        ensure!(
            counter == all.to_string(),
            "{all} are sold so far, and the counter has {counter}: {lines:?}"
        );
    }
    ensure!(all >= 4, "4 of 4 are sold at least once: {lines:?}");
    Ok(())
}
