//! `row_stream` with databases that are not there, with a bad row, and with a
//! known size.

use anyhow::{Result, ensure};

use crate::scenarios::support::changed::run_changed;
use crate::scenarios::support::postgres::refuses_without_server;
use crate::scenarios::support::runner::{Scenario, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("no_server", || refuses_without_server("row_stream")),
        scenario("bad_row", bad_row).slow(),
        scenario("known_size", known_size).slow(),
    ]
}

/// A row that cannot be read is an error, and not the end of the rows.
async fn bad_row() -> Result<()> {
    let read = "query_as::<_, Reading>(READ)";
    let cold = "CASE at WHEN 100 THEN 'cold' ELSE celsius END";
    let bad = format!("query_as::<_, Reading>(\"SELECT at, {cold} FROM readings\")");
    let (status, lines) =
        run_changed("examples-advanced", "row_stream", &[(read, &bad)], "").await?;
    let error = "Error: error occurred while decoding column";
    ensure!(
        status == 1 && lines.iter().any(|line| line.starts_with(error)),
        "{error:?} is expected, not {status}: {lines:?}"
    );
    Ok(())
}

/// A million bytes are shown as such, once the thread of SQLite has freed what it held
/// for the statement before.
async fn known_size() -> Result<()> {
    let changes = [(
        "let before = start_counting();
    let readings: Vec<Reading> = sqlx::query_as(READ).fetch_all(&mut database).await?;",
        "std::thread::sleep(std::time::Duration::from_millis(200));
    let before = start_counting();
    let readings = vec![1_u8; 1_000_000];",
    )];
    let (_, lines) = run_changed("examples-advanced", "row_stream", &changes, "").await?;
    let expected = "fetch_all: 1000000 rows, at most 1000 kB of memory";
    ensure!(
        lines.iter().any(|line| line == expected),
        "{expected:?} is expected: {lines:?}"
    );
    Ok(())
}
