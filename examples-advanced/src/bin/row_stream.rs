//! Read a large result row by row with `fetch`, in little memory.
//!
//! A table of 20,000 readings is read twice, and the most memory that this
//! takes is printed. `fetch_all` holds all rows in memory at the same time.
//! `fetch` returns a stream of rows, and holds only a few of them. If the
//! program reads slowly, the database waits for it.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin row_stream
//! database: [..]
//! fetch_all: 20000 rows, at most ~794 kB of memory
//! fetch: 20000 rows, at most ~7 kB of memory
//! ```
//!
//! It runs on SQLite in memory, or on the PostgreSQL server that `DATABASE_URL`
//! names. There it creates only a temporary table. To write many rows, see
//! `bulk_insert`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add anyhow
//! cargo add sqlx --no-default-features -F any,postgres,runtime-tokio,sqlite-bundled
//! cargo add tokio -F macros,rt-multi-thread
//! cargo add tokio-stream
//! ```

use std::alloc::{GlobalAlloc, Layout, System};
use std::env;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use anyhow::anyhow;
use sqlx::any::{AnyConnectOptions, install_default_drivers};
use sqlx::{AnyConnection, Connection};
use tokio_stream::StreamExt;

const READ: &str = "SELECT at, celsius FROM readings";

/// A time and a temperature.
type Reading = (i64, f64);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut database = connect().await?;
    // The times are the numbers from 1 to 20,000.
    sqlx::query(
        "CREATE TEMPORARY TABLE readings AS
         WITH RECURSIVE times (at) AS
             (SELECT CAST(1 AS BIGINT) UNION ALL SELECT at + 1 FROM times WHERE at < 20000)
         SELECT at, CAST(20.5 AS DOUBLE PRECISION) AS celsius FROM times",
    )
    .execute(&mut database)
    .await?;

    let before = start_counting();
    let readings: Vec<Reading> = sqlx::query_as(READ).fetch_all(&mut database).await?;
    report("fetch_all", readings.len(), before);
    drop(readings);

    let before = start_counting();
    let mut count = 0;
    let mut readings = sqlx::query_as::<_, Reading>(READ).fetch(&mut database);
    while let Some(reading) = readings.next().await {
        let _at_and_celsius = reading?;
        count += 1;
    }
    report("fetch", count, before);
    Ok(())
}

fn report(name: &str, count: usize, before: usize) {
    let kilobytes = (MOST.load(Relaxed) - before) / 1000;
    println!("{name}: {count} rows, at most {kilobytes} kB of memory");
}

/// Connects to the database that `DATABASE_URL` names, or to SQLite in memory,
/// and says which one it is. `AnyConnection` works with both.
async fn connect() -> anyhow::Result<AnyConnection> {
    install_default_drivers();
    let url = env::var("DATABASE_URL").unwrap_or("sqlite::memory:".into());
    let options: AnyConnectOptions = url
        .parse()
        .map_err(|error| anyhow!("DATABASE_URL: {error}"))?;
    let url = &options.database_url;
    let host = url.host_str().unwrap_or_default();
    println!("database: {} {host}{}", url.scheme(), url.path());
    AnyConnection::connect_with(&options)
        .await
        .map_err(|error| anyhow!("DATABASE_URL: {error}"))
}

// How many bytes are allocated now, and the most there have been.
static NOW: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

fn start_counting() -> usize {
    let now = NOW.load(Relaxed);
    MOST.store(now, Relaxed);
    now
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// The system's allocator, which also counts the bytes. It is here only to
/// measure.
struct Counting;

// SAFETY: each call is passed on to the system's allocator unchanged.
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
