//! `bulk_insert` with a connection of PostgreSQL, other batches, and an error.

use anyhow::{Result, ensure};
use harness::repository::build_changed;
use harness::workspace::root;

use crate::scenarios::support::changed::{ends_with, run_changed};
use crate::scenarios::support::runner::{Scenario, on_postgresql, scenario};

pub fn scenarios() -> Vec<Scenario> {
    vec![
        on_postgresql("postgresql", postgresql),
        scenario("all_or_nothing", all_or_nothing).slow(),
        scenario("small_last_batch", small_last_batch).slow(),
    ]
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
    ensure!(
        said.contains("50000 rows in the table"),
        "50000 rows in the table are expected: {said}"
    );
    Ok(())
}

/// An error in a later batch takes back the earlier ones, too. So does a commit
/// that the database refuses, as after a `ROLLBACK`.
async fn all_or_nothing() -> Result<()> {
    let check = ("(at BIGINT, ", "(at BIGINT CHECK (at < 2200), ");
    let commit = (
        "insert.build().execute(&mut *transaction).await?;
    }",
        "insert.build().execute(&mut *transaction).await?;
    }
    sqlx::query(\"ROLLBACK\").execute(&mut *transaction).await?;",
    );
    let refused = (
        "in_bulk(&mut database, many).await?;",
        "println!(\"refused: {}\", in_bulk(&mut database, many).await.is_err());",
    );
    for change in [check, commit] {
        let changes = [change, refused];
        let (status, lines) = run_changed("examples-advanced", "bulk_insert", &changes, "").await?;
        let last = lines.last().map(String::as_str);
        ensure!(
            status == 0
                && lines.contains(&"refused: true".into())
                && last == Some("1000 rows in the table"),
            "{change:?}: \"refused: true\" and 1000 rows are expected, not {status}: {lines:?}"
        );
    }
    Ok(())
}

/// No row is lost where the last batch has 400 rows and the others have 600.
async fn small_last_batch() -> Result<()> {
    let change = [(
        "_PER_STATEMENT: usize = 500;",
        "_PER_STATEMENT: usize = 600;",
    )];
    let last = "50000 rows in the table";
    ends_with("examples-advanced", "bulk_insert", &change, last).await
}
