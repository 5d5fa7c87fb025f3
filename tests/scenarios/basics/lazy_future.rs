//! `lazy_future` with another value and another name.

use anyhow::Result;

use crate::scenarios::support::changed::{PAUSED, prints};
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("called", called).slow(),
        scenario("other_value", other_value).slow(),
    ]
}

/// "was called" is printed after the call: a function that does its work when it is
/// called prints first.
async fn called() -> Result<()> {
    let changes = [(
        "async fn example_future() -> i32 {
    println!(\"its body runs\");
    42
",
        "fn example_future() -> impl Future<Output = i32> {
    println!(\"its body runs\");
    std::future::ready(42)
",
    )];
    let expected = [
        "its body runs",
        "example_future was called",
        "42",
        "Hello, Ben!",
    ];
    prints("examples-basics", "lazy_future", &changes, 0, &expected).await
}

/// What is printed is what was returned and passed. Ada is not greeted, even if `main`
/// lets other tasks run.
async fn other_value() -> Result<()> {
    let changes = [
        PAUSED,
        ("    42\n", "    43\n"),
        (
            "say_hello(\"Ben\").await;",
            "say_hello(\"Eve\").await;\n    tokio::task::yield_now().await;",
        ),
    ];
    let expected = [
        "example_future was called",
        "its body runs",
        "43",
        "Hello, Eve!",
    ];
    prints("examples-basics", "lazy_future", &changes, 0, &expected).await
}
