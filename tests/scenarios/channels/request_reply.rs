//! `request_reply` with a command behind `Close`, and with many callers.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("behind_close", behind_close).slow(),
        scenario("full_office", full_office).slow(),
    ]
}

/// If more callers come than the channel has room for, they wait, and each gets its own
/// reply.
async fn full_office() -> Result<()> {
    let changes = [
        ("mpsc::channel(16)", "mpsc::channel(2)"),
        (
            "    println!(\"Ada: {}\", reserve(&tx).await?);",
            "    let (first, second, third, fourth) =
        tokio::join!(biased; reserve(&tx), reserve(&tx), reserve(&tx), reserve(&tx));
    println!(\"{first:?} {second:?} {third:?} {fourth:?}\");",
        ),
    ];
    let (_, lines) = run_changed("examples-channels", "request_reply", &changes, "").await?;
    let expected = r#"Ok("seat 1") Ok("seat 2") Ok("sold out") Ok("sold out")"#;
    ensure!(
        lines.first().is_some_and(|line| line == expected),
        "`{expected}` is expected: {lines:?}"
    );
    Ok(())
}

/// A command that waits behind `Close` gets an error, and no answer of an office
/// that is closed.
async fn behind_close() -> Result<()> {
    let change = [("    office.await?;\n", "    drop(office);\n")];
    let (_, lines) = run_changed("examples-channels", "request_reply", &change, "").await?;
    ensure!(
        lines
            .last()
            .is_some_and(|line| line == "Eve: the office is closed"),
        "Eve gets an error: {lines:?}"
    );
    Ok(())
}
