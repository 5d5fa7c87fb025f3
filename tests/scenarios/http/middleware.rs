//! `middleware` with an id that is not text.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![scenario("odd_id", odd_id).slow()]
}

/// An id that is not text is sent back as it came, and logged as missing.
async fn odd_id() -> Result<()> {
    let changes = [(
        r#".header("x-request-id", "42")"#,
        r#".header("x-request-id", &b"4\xe92"[..])"#,
    )];
    let (status, lines) = run_changed("examples-http", "middleware", &changes, "").await?;
    ensure!(
        status == 0
            && lines[2].starts_with("request -: GET /report 200 OK, ")
            && lines[3] == r#"x-request-id: "4\xe92""#,
        "the id is to be logged as -, and sent back; status {status}: {lines:?}"
    );
    Ok(())
}
