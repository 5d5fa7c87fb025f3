//! `duplex` with an order that is too long, and with a customer that stays.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("long_order", long_order).slow(),
        scenario("steady_customer", steady_customer).slow(),
    ]
}

/// An order as long as the limit is served, and a longer one is an error.
async fn long_order() -> Result<()> {
    let limit = [("MAX_LINE: usize = 80", "MAX_LINE: usize = 3")];
    let (status, lines) = run_changed("examples-io", "duplex", &limit, "").await?;
    let expected = ["tea is ready", "Error: max line length exceeded"];
    ensure!(
        status == 1 && lines == expected,
        "with 3 bytes at most, status 1 and {expected:?} are expected, not {status}: {lines:?}"
    );
    Ok(())
}

/// The limit of 60 s is for each order: a customer that orders every 40 s may stay, and
/// one that orders once and then nothing may not.
async fn steady_customer() -> Result<()> {
    let change = (
        r#"customer.write_all(b"tea\nsoup\n").await?;"#,
        r#"for _ in 0..3 {
            customer.write_all(b"tea\n").await?;
            tokio::time::sleep(Duration::from_secs(40)).await;
        }"#,
    );
    let once = (
        "let (_silent, kitchen) = duplex(64);",
        r#"let (mut silent, kitchen) = duplex(64);
    silent.write_all(b"tea\n").await?;"#,
    );
    let (status, lines) = run_changed("examples-io", "duplex", &[change, once], "").await?;
    let served = lines.iter().filter(|line| *line == "tea is ready").count();
    ensure!(
        status == 0 && served == 3,
        "three orders in 120 s are to be served, with status 0, not {status}: {lines:?}"
    );
    let silent = "silent customer: deadline has elapsed, after 60s";
    ensure!(
        lines.iter().any(|line| line == silent),
        "after an order {silent:?} is expected, not {lines:?}"
    );
    Ok(())
}
