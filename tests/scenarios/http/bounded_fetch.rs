//! `bounded_fetch` with a page that is slow.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("slow_page", slow_page).slow()]
}

/// A slow first page holds up no other: in the order of arrival it is the last.
async fn slow_page() -> Result<()> {
    let changes = [
        (
            "#[tokio::main]",
            "#[tokio::main(flavor = \"current_thread\", start_paused = true)]",
        ),
        (
            "sleep(Duration::from_millis(100))",
            "sleep(Duration::from_millis(if number == 1 { 700 } else { 100 }))",
        ),
        (
            "    let mut count = 0;\n",
            r#"    let mut count = 0;
    println!("the last: {}", results[15].0);
"#,
        ),
    ];
    let (status, lines) = run_changed("examples-http", "bounded_fetch", &changes, "").await?;
    let last = lines.iter().filter(|it| it.starts_with("the last: "));
    let last: Vec<&String> = last.collect();
    ensure!(
        status == 0 && last.len() == 2 && last.iter().all(|it| it.ends_with("/1")),
        "page 1 is to be the last, both times; status {status}: {last:?}"
    );
    Ok(())
}
