//! `bounded_fetch` with a page that is slow, and with pages that fail.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("slow_page", slow_page).slow(),
        scenario("failures", failures).slow(),
    ]
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

/// Every second page fails: its place is free for the next one, and a page that breaks
/// off does not count. There are no more tasks at a time than requests, whose highest
/// number is that of each function.
async fn failures() -> Result<()> {
    let changes = [
        (
            "#[tokio::main]",
            "#[tokio::main(flavor = \"current_thread\", start_paused = true)]",
        ),
        (
            "-> Result<&'static str, StatusCode> {",
            "-> Result<axum::body::Body, StatusCode> {",
        ),
        (
            "    Ok(\"a page\")",
            "    let cut = stream::once(async {
        // The first half must arrive before the cut.
        sleep(Duration::from_millis(10)).await;
        Err(io::Error::other(\"cut\"))
    });
    let half = stream::iter([Ok(\"half a page\")]).chain(cut);
    let parts = if number % 2 == 0 { 1 } else { 2 };
    Ok(axum::body::Body::from_stream(half.take(parts)))",
        ),
        (
            "        tasks.spawn(async move {\n",
            "        let task = Task::new();
        tasks.spawn(async move {
            let _task = task;
",
        ),
        (".buffer_unordered(LIMIT)", ".buffer_unordered(2 * LIMIT)"),
        (
            "async fn serve_pages()",
            r#"static TASKS: AtomicU32 = AtomicU32::new(0);

struct Task;

impl Task {
    fn new() -> Self {
        println!("{} tasks", TASKS.fetch_add(1, Relaxed) + 1);
        Self
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        TASKS.fetch_sub(1, Relaxed);
    }
}

async fn serve_pages()"#,
        ),
    ];
    let (status, lines) = run_changed("examples-http", "bounded_fetch", &changes, "").await?;
    for (function, most) in [("fetch_all", 8), ("fetch_all_spawned", 4)] {
        let right = format!("{function}: 8 of 16 pages, at most {most} requests at a time");
        ensure!(
            status == 0 && lines.contains(&right),
            "{right:?} is expected; status {status}: {lines:?}"
        );
    }
    let tasks = lines.iter().filter_map(|line| line.strip_suffix(" tasks"));
    let tasks: Vec<u32> = tasks.filter_map(|count| count.parse().ok()).collect();
    ensure!(
        tasks.len() == 16 && tasks.iter().max() == Some(&4),
        "16 tasks are to run, at most 4 at a time, not {tasks:?}"
    );
    Ok(())
}
