//! `testing` with its functions as tests, of the right router and of a wrong one.

use std::process::Stdio;

use anyhow::{Result, ensure};
use harness::repository::{build_changed, target};
use harness::workspace::{cargo, root};
use tokio::task::spawn_blocking;

use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("as_tests", as_tests).slow()]
}

/// What its note says: `#[tokio::test]`, and `assert_eq!` in place of `println!`.
/// `main` is not called, so each function stands by itself.
const AS_TESTS: [(&str, &str); 10] = [
    (
        "fn main() -> anyhow::Result<()> {",
        "fn main() {}\n\n#[cfg(test)]\nfn _main() -> anyhow::Result<()> {",
    ),
    (
        "#[tokio::main(flavor = \"current_thread\")]\nasync fn as_a_function()",
        "#[tokio::test(flavor = \"current_thread\")]\nasync fn as_a_function()",
    ),
    (
        "#[tokio::main(flavor = \"current_thread\", start_paused = true)]
async fn on_a_paused_clock()",
        "#[tokio::test(flavor = \"current_thread\", start_paused = true)]
async fn on_a_paused_clock()",
    ),
    (
        "#[tokio::main(flavor = \"current_thread\")]\nasync fn over_a_socket()",
        "#[tokio::test(flavor = \"current_thread\")]\nasync fn over_a_socket()",
    ),
    (
        "#[tokio::main(flavor = \"current_thread\", start_paused = true)]
async fn broken()",
        "#[tokio::test(flavor = \"current_thread\", start_paused = true)]
async fn broken()",
    ),
    (
        "    println!(
        \"oneshot: {status}, {}, date: {date:?}\",
        str::from_utf8(&body)?
    );",
        "    assert_eq!((status, &body[..], date), (StatusCode::OK, &b\"pong\"[..], None));",
    ),
    (
        "    println!(\"paused clock: {status} after {elapsed} s, which took {real} s\");",
        "    assert_eq!((status, elapsed, real), (StatusCode::GATEWAY_TIMEOUT, 30, 0));",
    ),
    (
        "    println!(
        \"socket: {status}, {}, date: {date:?}\",
        response.text().await?
    );",
        "    assert_eq!((status, date.is_some()), (StatusCode::OK, true));
    assert_eq!(response.text().await?, \"pong\");",
    ),
    (
        "    println!(\"broken: {answer}, which took {real} s\");",
        "    assert_eq!((answer.as_str(), real), (\"operation timed out\", 0));",
    ),
    // Even if the client begins late, it does not get this answer.
    (
        "    sleep(Duration::from_millis(100)).await;",
        "    sleep(Duration::from_secs(60)).await;",
    ),
];

/// As tests, all functions pass. If the router is wrong, those that ask it fail.
async fn as_tests() -> Result<()> {
    let wrong = [
        (
            "        .route(\"/ping\", get(async || \"pong\"))\n        .route(",
            "        .route(\"/ping\", get(async || \"ping\"))\n        .route(",
        ),
        ("Duration::from_secs(30)", "Duration::from_secs(31)"),
    ];
    for (changes, results) in [
        (&[][..], ["ok", "ok", "ok", "ok"]),
        (&wrong, ["FAILED", "ok", "FAILED", "FAILED"]),
    ] {
        let names = [
            "as_a_function",
            "broken",
            "on_a_paused_clock",
            "over_a_socket",
        ];
        let right = names.into_iter().zip(results);
        let right: Vec<String> = right
            .map(|(name, result)| format!("test {name} ... {result}"))
            .collect();
        let changes = [&AS_TESTS, changes].concat();
        let (lines, said) = spawn_blocking(move || test(&changes)).await??;
        ensure!(lines == right, "{right:?} is right, not {lines:?}: {said}");
    }
    Ok(())
}

/// Runs the tests of a changed copy; gives the results in alphabetical order, and
/// all that was printed.
fn test(changes: &[(&str, &str)]) -> Result<(Vec<String>, String)> {
    let copy = build_changed(root(), "examples-http", "testing", changes)?;
    let output = cargo()
        .current_dir(copy.path())
        .args(["test", "--offline", "--bin", "testing", "--target-dir"])
        .arg(target()?.join("copied"))
        .stdin(Stdio::null())
        .output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let stdout = text(&output.stdout);
    let results = stdout
        .lines()
        .filter(|line| line.starts_with("test ") && line.contains(" ... "));
    let mut results: Vec<String> = results.map(String::from).collect();
    results.sort();
    Ok((results, stdout + &text(&output.stderr)))
}
