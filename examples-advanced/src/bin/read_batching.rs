//! Answer the reads of many callers with one query, collected by `recv_many`.
//!
//! 64 callers read 25 users each, over one connection. One query for each read
//! is 1,600 queries. `UserLoader`, a *data loader*, collects the ids that wait
//! while a query runs, and asks for all of them in the next one. The callers
//! share each query, so 25 queries are enough, and much faster. `recv_many`
//! takes the ids that are there: no read waits for a batch to fill.
//!
//! ```console,busy
//! $ cargo run -p examples-advanced --bin read_batching
//! a query for each read: 1600 queries, ~103 ms
//! UserLoader: 25 queries, ~6 ms
//! ```
//!
//! To write many rows, see `bulk_insert`. On PostgreSQL write `WHERE id =
//! ANY($1)` and bind the ids as one array. The part to reuse starts at
//! `UserLoader`. Copy it with
//!
//! ```sh
//! cargo add anyhow
//! cargo add sqlx --no-default-features -F runtime-tokio,sqlite-bundled
//! cargo add tokio -F macros,rt,sync,time
//! cargo add futures --no-default-features -F alloc
//! ```

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant};

use anyhow::{Error, Result, ensure};
use futures::future::try_join_all;
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{Executor, QueryBuilder, SqlitePool};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

const CALLERS: i64 = 64;
const READS: i64 = 25;

// On one thread the number of queries is always the same.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    // A database in memory is gone when its last connection closes: keep one.
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect("sqlite::memory:")
        .await?;
    pool.execute(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
         WITH RECURSIVE ids (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM ids WHERE id < 1000)
         INSERT INTO users SELECT id, 'user ' || id FROM ids",
    )
    .await?;

    let loader = UserLoader::new(pool.clone());
    let (queries, slow) = measure(async |id| read(&pool, id).await).await?;
    println!("a query for each read: {queries} queries, {slow} ms");
    let (queries, fast) = measure(async |id| loader.read(id).await).await?;
    println!("UserLoader: {queries} queries, {fast} ms");
    Ok(())
}

async fn measure(read: impl AsyncFn(i64) -> Result<Option<String>>) -> Result<(u32, u128)> {
    QUERIES.store(0, Relaxed);
    let start = Instant::now();
    try_join_all((0..CALLERS).map(async |caller| {
        for read_number in 0..READS {
            let id = 1 + (caller * READS + read_number) % 1000;
            let user = read(id).await?;
            ensure!(user == Some(format!("user {id}")), "{id} is {user:?}");
        }
        Ok(())
    }))
    .await?;
    Ok((QUERIES.load(Relaxed), start.elapsed().as_millis()))
}

async fn read(pool: &SqlitePool, id: i64) -> Result<Option<String>> {
    QUERIES.fetch_add(1, Relaxed);
    let read = sqlx::query_scalar("SELECT name FROM users WHERE id = $1").bind(id);
    Ok(read.fetch_optional(pool).await?)
}

/// Reads users for many callers; clone it for each.
#[derive(Clone)]
pub struct UserLoader(mpsc::Sender<Request>);

static QUERIES: AtomicU32 = AtomicU32::new(0);

struct Request {
    id: i64,
    answer: oneshot::Sender<Result<Option<String>, String>>,
}

impl UserLoader {
    const MAX_BATCH: usize = 100;
    const QUERY_TIMEOUT: Duration = Duration::from_secs(3);

    pub fn new(pool: SqlitePool) -> Self {
        let (sender, requests) = mpsc::channel(Self::MAX_BATCH);
        tokio::spawn(Self::answer(requests, pool));
        Self(sender)
    }

    pub async fn read(&self, id: i64) -> Result<Option<String>> {
        let (sender, answer) = oneshot::channel();
        self.0.send(Request { id, answer: sender }).await?;
        answer.await?.map_err(Error::msg)
    }

    /// Returns when the last loader is dropped.
    async fn answer(mut requests: mpsc::Receiver<Request>, pool: SqlitePool) {
        let mut batch = Vec::new();
        while requests.recv_many(&mut batch, Self::MAX_BATCH).await > 0 {
            let ids = batch.iter().map(|request| request.id).collect();
            let users = Self::query(&pool, ids).await;
            let users = users.map_err(|error| error.to_string());
            for Request { id, answer } in batch.drain(..) {
                let user = users.as_ref().map(|users| users.get(&id).cloned());
                // An error is cloned as a `String`. The caller may have left.
                let _ = answer.send(user.map_err(String::clone));
            }
        }
    }

    async fn query(pool: &SqlitePool, ids: Vec<i64>) -> Result<HashMap<i64, String>> {
        QUERIES.fetch_add(1, Relaxed);
        let mut query = QueryBuilder::new("SELECT id, name FROM users WHERE id IN (");
        let mut list = query.separated(", ");
        for id in ids {
            list.push_bind(id);
        }
        query.push(")");
        let users = query.build_query_as().fetch_all(pool);
        let users = timeout(Self::QUERY_TIMEOUT, users).await??;
        Ok(users.into_iter().collect())
    }
}
