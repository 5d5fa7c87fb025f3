//! `bulk_insert` with a connection of PostgreSQL.

use anyhow::{Result, ensure};
use harness::repository::build_changed;
use harness::workspace::root;

use crate::scenarios::support::runner::{Scenario, on_postgresql};

pub fn scenarios() -> Vec<Scenario> {
    vec![on_postgresql("postgresql", postgresql)]
}

/// The same code with a connection of PostgreSQL.
async fn postgresql(url: String) -> Result<()> {
    let connection = format!("const URL: &str = {url:?};");
    let changes = [
        (
            "const URL: &str = \"sqlite::memory:\";",
            connection.as_str(),
        ),
        (
            "type Database = SqliteConnection;",
            "type Database = sqlx::PgConnection;",
        ),
    ];
    let copy = build_changed(root(), "examples-advanced", "bulk_insert", &changes)?;
    let output = std::process::Command::new(copy.path().join("bulk_insert")).output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    ensure!(said.contains("50000 rows in the table"), "{said}");
    Ok(())
}
