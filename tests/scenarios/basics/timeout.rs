//! `timeout` on a paused clock, on which its limits are exact; and what becomes of a
//! fetch whose time is up.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::{ends_with, exact_times, run_changed};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        exact_times("examples-basics", "timeout"),
        scenario("limits", limits).slow(),
        scenario("cancels", cancels).slow(),
    ]
}

/// The garden is given up after 300 ms, and if it has the limit of the others,
/// after 5 s. (In the transcript, whose lines may come 100 ms too late, 390 ms
/// would pass.)
async fn limits() -> Result<()> {
    for (limit, last) in [
        ("SHORT_LIMIT", "garden: Timeout, 1400 ms"),
        ("LIMIT", "garden: Timeout, 6100 ms"),
    ] {
        let garden = format!("(\"garden\", {limit})");
        let changes = [
            (
                "#[tokio::main]",
                "#[tokio::main(flavor = \"current_thread\", start_paused = true)]",
            ),
            (
                "    for (sensor, limit) in",
                "    let start = tokio::time::Instant::now();
    for (sensor, limit) in",
            ),
            (
                "println!(\"{sensor}: {error:?}\")",
                "println!(\"{sensor}: {error:?}, {} ms\", start.elapsed().as_millis() / 10 * 10)",
            ),
            ("(\"garden\", SHORT_LIMIT)", &garden),
        ];
        ends_with("examples-basics", "timeout", &changes, last).await?;
    }
    Ok(())
}

/// When the time is up, the fetch is dropped before the caller has its error. A panic
/// of the fetch is a panic of the caller, and not a timeout.
async fn cancels() -> Result<()> {
    let changes = [
        (
            "[(\"roof\", LIMIT), (\"cellar\", LIMIT), (\"garden\", SHORT_LIMIT)]",
            "[(\"garden\", SHORT_LIMIT), (\"roof\", LIMIT)]",
        ),
        (
            "        _ => pending().await,",
            "        _ => {
            let _connection = Connection;
            pending().await
        }",
        ),
        (
            "            sleep(Duration::from_secs(1)).await;",
            "            panic!(\"the answer cannot be read\");",
        ),
        (
            "struct Data {",
            "struct Connection;

impl Drop for Connection {
    fn drop(&mut self) {
        println!(\"garden: dropped\");
    }
}

struct Data {",
        ),
    ];
    let (status, lines) = run_changed("examples-basics", "timeout", &changes, "").await?;
    let expected = ["garden: dropped", "garden: Timeout"];
    ensure!(
        lines.starts_with(&expected.map(String::from)),
        "{expected:?} are expected first: {lines:?}"
    );
    ensure!(
        status == 101 && !lines.iter().any(|line| line.starts_with("roof: ")),
        "the fetch from the roof panics: status 101 is expected and no answer, not {status} \
         after {lines:?}"
    );
    Ok(())
}
