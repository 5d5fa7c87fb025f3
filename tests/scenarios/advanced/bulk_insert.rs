//! `bulk_insert` with a connection of PostgreSQL, other batches, an error, and a
//! look at each row.

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
        scenario("each_row", each_row).slow(),
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

/// A statement has 500 rows, and each row has its own time and temperature. The
/// second way is measured by itself: a pause of 4 s before it would be more than
/// 80,000 ns for each of its rows.
async fn each_row() -> Result<()> {
    let report = "    report(\"one by one\", few, start);";
    let changes = [
        (
            report,
            &*format!("{report}\n    std::thread::sleep(std::time::Duration::from_secs(4));"),
        ),
        (
            "        let mut insert = QueryBuilder",
            "        println!(\"a statement of {}\", batch.len());
        let mut insert = QueryBuilder",
        ),
        (
            "SELECT COUNT(*) FROM readings",
            "SELECT COUNT(DISTINCT at) FROM readings
                 WHERE at BETWEEN 0 AND 49999 AND celsius = 20.5",
        ),
    ];
    let (_, lines) = run_changed("examples-advanced", "bulk_insert", &changes, "").await?;
    let of_500 = lines.iter().filter(|line| *line == "a statement of 500");
    ensure!(
        of_500.count() == 98,
        "98 statements of 500 rows are expected: {lines:?}"
    );
    let each = lines.iter().find_map(|line| {
        let (_, each) = line.split_once("in bulk: 49000 rows, ")?;
        each.strip_suffix(" ns each")?.parse::<u32>().ok()
    });
    ensure!(
        each.is_some_and(|each| each < 80_000),
        "less than 80,000 ns for each of 49000 rows are expected: {lines:?}"
    );
    let expected = "50000 rows in the table";
    ensure!(
        lines.last().is_some_and(|line| line == expected),
        "{expected:?} is expected at the end, each with its time and 20.5 °C: {lines:?}"
    );
    Ok(())
}
