//! Read a large result row by row with `fetch`, and write it in bulk.
//!
//! `fetch_all` has all of 50,000 readings in memory at once, 1.6 MB; `fetch`
//! has a few, 10 kB, and the database waits for a slow reader. To write, a
//! statement for each row costs a way to the database and back, which is many
//! times the cost of the row. Statements of 500 rows in one transaction spare
//! that, and on a disk the commits too.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin row_stream
//! broken: [..] a row, one by one
//! fixed: [..] a row, in bulk
//! broken: 50000 rows with fetch_all, [..] kB at once
//! fixed: 50000 rows with fetch, [..] kB at once
//! ```
//!
//! It runs on SQLite in memory, or on the PostgreSQL that `DATABASE_URL` names.
//!
//! Copy it with `cargo add sqlx --no-default-features -F
//! any,postgres,runtime-tokio,sqlite-bundled`, `cargo add anyhow`,
//! `cargo add tokio -F macros,rt-multi-thread` and `cargo add tokio-stream`.

use std::alloc::{GlobalAlloc, Layout, System};
use std::env;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Instant;

use sqlx::any::install_default_drivers;
use sqlx::{AnyConnection, AssertSqlSafe, Connection};
use tokio_stream::StreamExt;

/// SQLite takes 32,766 parameters in a statement, PostgreSQL 65,535.
const ROWS_A_STATEMENT: usize = 500;

/// Time and temperature.
type Reading = (i64, f64);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    install_default_drivers();
    let url = env::var("DATABASE_URL").unwrap_or("sqlite::memory:".into());
    let mut database = AnyConnection::connect(&url).await?;
    let create = "CREATE TEMPORARY TABLE readings
                  (at BIGINT, celsius DOUBLE PRECISION)";
    sqlx::query(create).execute(&mut database).await?;
    let readings: Vec<Reading> = (0..50_000).map(|at| (at, 20.5)).collect();

    let start = Instant::now();
    one_by_one(&mut database, &readings[..1000]).await?;
    println!("broken: {:.1?} a row, one by one", start.elapsed() / 1000);
    let start = Instant::now();
    in_bulk(&mut database, &readings[1000..]).await?;
    println!("fixed: {:.1?} a row, in bulk", start.elapsed() / 49_000);

    let before = start_counting();
    let count = read_all(&mut database).await?;
    let kilobytes = (MOST.load(Relaxed) - before) / 1000;
    println!("broken: {count} rows with fetch_all, {kilobytes} kB at once");
    let before = start_counting();
    let count = read_each(&mut database).await?;
    let kilobytes = (MOST.load(Relaxed) - before) / 1000;
    println!("fixed: {count} rows with fetch, {kilobytes} kB at once");
    Ok(())
}

async fn one_by_one(database: &mut AnyConnection, readings: &[Reading]) -> sqlx::Result<()> {
    for (at, celsius) in readings {
        let insert = sqlx::query("INSERT INTO readings VALUES ($1, $2)");
        let insert = insert.bind(at).bind(celsius);
        insert.execute(&mut *database).await?;
    }
    Ok(())
}

async fn in_bulk(database: &mut AnyConnection, readings: &[Reading]) -> sqlx::Result<()> {
    let mut transaction = database.begin().await?;
    for batch in readings.chunks(ROWS_A_STATEMENT) {
        let places = (0..batch.len()).map(|row| format!("(${}, ${})", 2 * row + 1, 2 * row + 2));
        let places = places.collect::<Vec<_>>().join(", ");
        // Safe, since there is nothing in it from outside: values are bound.
        let insert = format!("INSERT INTO readings VALUES {places}");
        let mut insert = sqlx::query(AssertSqlSafe(insert));
        for (at, celsius) in batch {
            insert = insert.bind(at).bind(celsius);
        }
        insert.execute(&mut *transaction).await?;
    }
    transaction.commit().await
}

const READ: &str = "SELECT at, celsius FROM readings";

async fn read_all(database: &mut AnyConnection) -> sqlx::Result<usize> {
    let readings: Vec<Reading> = sqlx::query_as(READ).fetch_all(database).await?;
    Ok(readings.len())
}

async fn read_each(database: &mut AnyConnection) -> sqlx::Result<usize> {
    let mut readings = sqlx::query_as::<_, Reading>(READ).fetch(database);
    let mut count = 0;
    while let Some(reading) = readings.next().await {
        reading?;
        count += 1;
    }
    Ok(count)
}

/// Bytes that are allocated now, and the most there were.
static NOW: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

fn start_counting() -> usize {
    let now = NOW.load(Relaxed);
    MOST.store(now, Relaxed);
    now
}

#[global_allocator]
static COUNTING: Counting = Counting;

struct Counting;

// SAFETY: the system's allocator does it all.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Relaxed) + layout.size();
        MOST.fetch_max(now, Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}
