//! `hedged_request` when one of the two requests fails, and what it measures.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("second_fails", second_fails).slow(),
        scenario("first_fails", first_fails).slow(),
        scenario("percentiles", percentiles).slow(),
    ]
}

/// If the answer to the second request is an error, which comes soon, the first one
/// still gives the answer.
async fn second_fails() -> Result<()> {
    let changes = [(
        "let second = pin!(get(client, url));",
        "let second = pin!(get(client, format!(\"{url}missing\").leak()));",
    )];
    let (status, lines) = run_changed("examples-http", "hedged_request", &changes, "").await?;
    let right = "get_hedged: 100 requests, 0 dropped, ";
    ensure!(
        status == 0 && lines.len() == 4 && lines[1].starts_with(right),
        "{status}: {lines:?}"
    );
    Ok(())
}

/// If the first request fails late, the second one gives the answer; if it fails
/// early, there is no second one.
async fn first_fails() -> Result<()> {
    let late = (
        "    let mut first = pin!(get(client, url));",
        "    let first = async {
        sleep(Duration::from_millis(350)).await;
        get(client, \"http://127.0.0.1:9/\").await
    };
    let mut first = pin!(first.boxed_local());",
    );
    let boxed = (
        "    let second = pin!(get(client, url));",
        "    let second = pin!(get(client, url).boxed_local());",
    );
    let changes = [
        late,
        boxed,
        (
            "use futures::future::{select_ok, try_join_all};",
            "use futures::future::{FutureExt, select_ok, try_join_all};",
        ),
        (
            "TpsBudget::new(Duration::from_secs(10), 1, 0.1)",
            "TpsBudget::new(Duration::from_secs(10), 100, 1.0)",
        ),
    ];
    let (status, lines) = run_changed("examples-http", "hedged_request", &changes, "").await?;
    let right = "get_hedged: 100 requests, 0 dropped, ";
    ensure!(
        status == 0 && lines.len() == 4 && lines[1].starts_with(right),
        "late: {status}: {lines:?}"
    );

    let early = late.1.replace("350", "50");
    let mut changes = changes;
    changes[0].1 = &early;
    let (status, lines) = run_changed("examples-http", "hedged_request", &changes, "").await?;
    ensure!(
        status == 1 && lines[1].starts_with("Error: error sending request"),
        "early: {status}: {lines:?}"
    );
    Ok(())
}

/// p99 is long if two of 100 answers are, and not if one is; p50 is short if half of them
/// are.
async fn percentiles() -> Result<()> {
    let first = "    show(\"get\", async || get(&client, &url).await).await?;\n";
    let changes = [
        (
            first,
            "    for every in [100, 50, 2] {
        EVERY.store(every, Relaxed);
        show(\"get\", async || get(&client, &url).await).await?;
    }\n",
        ),
        (
            "number.is_multiple_of(25)",
            "number.is_multiple_of(EVERY.load(Relaxed))",
        ),
        (
            "static ANSWERED:",
            "static EVERY: AtomicU32 = AtomicU32::new(0);\nstatic ANSWERED:",
        ),
    ];
    let (status, lines) = run_changed("examples-http", "hedged_request", &changes, "").await?;
    let figure = |line: &String, name: &str| {
        let (_, rest) = line.split_once(name)?;
        rest.trim_start().split(' ').next()?.parse::<u32>().ok()
    };
    let p99: Vec<_> = lines.iter().map(|line| figure(line, "p99")).collect();
    let p50: Vec<_> = lines.iter().map(|line| figure(line, "p50")).collect();
    let is_long = |time: Option<u32>| time.is_some_and(|time| time >= 1000);
    ensure!(
        status == 0 && !is_long(p99[0]) && is_long(p99[1]) && !is_long(p50[2]) && is_long(p99[2]),
        "of 100 answers, 1, 2 and 50 take 1 s: p99 is to be long in the second and third line, \
         and p50 short; status {status}: {lines:?}"
    );
    Ok(())
}
