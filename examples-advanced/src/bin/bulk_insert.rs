//! Insert many rows fast, with `QueryBuilder::push_values`.
//!
//! 1000 readings of a sensor are inserted with one statement each. Then 49,000
//! are inserted with 500 in each statement. A statement is a round trip to the
//! database. Outside of a transaction, each statement is also committed by
//! itself. Both cost far more than the row. `push_values` writes one `INSERT`
//! of many rows and binds their values. One transaction around all of them
//! commits once.
//!
//! ```console,busy
//! $ cargo run -p examples-advanced --bin bulk_insert
//! one by one: 1000 rows, ~39951 ns each
//! in bulk: 49000 rows, ~1133 ns each
//! 50000 rows in the table
//! ```
//!
//! To read many rows, see `row_stream`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add anyhow
//! cargo add sqlx --no-default-features -F runtime-tokio,sqlite-bundled
//! cargo add tokio -F macros,rt-multi-thread
//! ```

use std::time::Instant;

use sqlx::{Connection, QueryBuilder, SqliteConnection};

const URL: &str = "sqlite::memory:";

/// For PostgreSQL, use `sqlx::PgConnection`.
type Database = SqliteConnection;

/// Each row has two values. A statement may have 32,766 values on SQLite, and
/// 65,535 on PostgreSQL.
const ROWS_PER_STATEMENT: usize = 500;

/// A time and a temperature.
type Reading = (i64, f64);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut database = Database::connect(URL).await?;
    sqlx::query("CREATE TEMPORARY TABLE readings (at BIGINT, celsius DOUBLE PRECISION)")
        .execute(&mut database)
        .await?;
    let readings: Vec<Reading> = (0..50_000).map(|at| (at, 20.5)).collect();
    let (few, many) = readings.split_at(1000);

    let start = Instant::now();
    one_by_one(&mut database, few).await?;
    report("one by one", few, start);
    let start = Instant::now();
    in_bulk(&mut database, many).await?;
    report("in bulk", many, start);

    let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM readings")
        .fetch_one(&mut database)
        .await?;
    println!("{count} rows in the table");
    Ok(())
}

async fn one_by_one(database: &mut Database, readings: &[Reading]) -> sqlx::Result<()> {
    for (at, celsius) in readings {
        sqlx::query("INSERT INTO readings VALUES ($1, $2)")
            .bind(at)
            .bind(celsius)
            .execute(&mut *database)
            .await?;
    }
    Ok(())
}

async fn in_bulk(database: &mut Database, readings: &[Reading]) -> sqlx::Result<()> {
    let mut transaction = database.begin().await?;
    for batch in readings.chunks(ROWS_PER_STATEMENT) {
        let mut insert = QueryBuilder::new("INSERT INTO readings ");
        insert.push_values(batch, |mut row, (at, celsius)| {
            row.push_bind(at).push_bind(celsius);
        });
        insert.build().execute(&mut *transaction).await?;
    }
    transaction.commit().await
}

fn report(name: &str, readings: &[Reading], start: Instant) {
    let rows = readings.len();
    let nanoseconds = start.elapsed().as_nanos() / rows as u128;
    println!("{name}: {rows} rows, {nanoseconds} ns each");
}
