//! `extractors` with a header that is not text.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("not_text", not_text).slow()]
}

/// A name that is not text is refused, not guessed.
async fn not_text() -> Result<()> {
    let changes = [(
        r#".header("x-waiter", waiter)"#,
        r#".header("x-waiter", &b"Zo\xe9"[..])"#,
    )];
    let (status, lines) = run_changed("examples-http", "extractors", &changes, "").await?;
    let right = "complete         400 x-waiter is missing or not text";
    ensure!(
        status == 0 && lines[0] == right,
        "{right:?} is expected; status {status}: {:?}",
        lines[0]
    );
    Ok(())
}
