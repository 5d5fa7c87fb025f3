//! Reads rows by id, many requests at a time.
//!
//! A query costs two changes of thread on SQLite and a trip to the server on
//! PostgreSQL, whether it asks for one row or for 64. So while one query is
//! under way the ids of the next are collected. Nothing is cached: a request
//! sees every row that was committed before it came.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyPool, AssertSqlSafe};
use tokio::sync::{mpsc, oneshot};
use tokio::task::yield_now;
use tokio_util::task::AbortOnDropHandle;

use crate::database::Database;
use crate::problem::Error;

/// Ids in one query.
const BATCH: usize = 64;

/// A row with an id.
pub trait Row: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {
    const TABLE: &str;
    /// In the order of the fields.
    const COLUMNS: &str;
    /// Where it is found over HTTP.
    fn path(&self) -> String;
    fn id(&self) -> i64;
    fn version(&self) -> i64;
}

/// The statement that reads a batch, as one text of JSON: row by row it would
/// be handed over from thread to thread as often as there are rows.
pub fn statement<T: Row>(is_sqlite: bool) -> String {
    let (all, one, ids) = if is_sqlite {
        (
            "json_group_array",
            "json_array",
            "SELECT value FROM json_each($1)",
        )
    } else {
        (
            "json_agg",
            "json_build_array",
            "SELECT json_array_elements_text($1::text::json)::bigint",
        )
    };
    format!(
        "SELECT CAST({all}({one}({})) AS TEXT) FROM {} WHERE id IN ({ids})",
        T::COLUMNS,
        T::TABLE,
    )
}

type Answer<T> = Result<Option<T>, Arc<sqlx::Error>>;

pub struct Lookup<T> {
    questions: mpsc::Sender<(i64, oneshot::Sender<Answer<T>>)>,
    _worker: AbortOnDropHandle<()>,
}

impl<T: Row> Lookup<T> {
    pub fn start(database: &Database) -> Self {
        let (questions, asked) = mpsc::channel(BATCH);
        let sql = statement::<T>(database.is_sqlite);
        let worker = tokio::spawn(answer(database.pool.clone(), sql, asked));
        Self {
            questions,
            _worker: AbortOnDropHandle::new(worker),
        }
    }

    pub async fn get(&self, id: i64) -> Result<Option<T>, Error> {
        let (sender, answer) = oneshot::channel();
        let sent = self.questions.send((id, sender)).await;
        sent.map_err(|_| Error::Internal)?;
        let answer = answer.await.map_err(|_| Error::Internal)?;
        answer.map_err(Error::Database)
    }
}

async fn answer<T: Row>(
    pool: AnyPool,
    sql: String,
    mut asked: mpsc::Receiver<(i64, oneshot::Sender<Answer<T>>)>,
) {
    let sql: Arc<str> = sql.into();
    // Kept, since to give it back and get another costs as much as a query.
    let mut connection = None;
    let mut batch = Vec::with_capacity(BATCH);
    while asked.recv_many(&mut batch, BATCH).await > 0 {
        // Those who are about to ask get in.
        yield_now().await;
        while batch.len() < BATCH
            && let Ok(more) = asked.try_recv()
        {
            batch.push(more);
        }
        let ids: Vec<i64> = batch.iter().map(|(id, _)| *id).collect();
        let rows = find(&pool, &mut connection, &sql, &ids).await;
        let rows = rows.map_err(Arc::new).map(|rows: Vec<T>| {
            let rows = rows.into_iter().map(|row| (row.id(), row));
            rows.collect::<HashMap<_, _>>()
        });
        for (id, sender) in batch.drain(..) {
            let answer = match &rows {
                Ok(rows) => Ok(rows.get(&id).cloned()),
                Err(error) => Err(error.clone()),
            };
            // Who asked may have gone away.
            let _ = sender.send(answer);
        }
    }
}

async fn find<T: Row>(
    pool: &AnyPool,
    connection: &mut Option<PoolConnection<Any>>,
    sql: &Arc<str>,
    ids: &[i64],
) -> sqlx::Result<Vec<T>> {
    let mut kept = match connection.take() {
        Some(kept) => kept,
        None => pool.acquire().await?,
    };
    let ids = serde_json::to_string(ids).map_err(|it| sqlx::Error::Encode(it.into()))?;
    let query = sqlx::query_scalar(AssertSqlSafe(sql.clone())).bind(ids);
    let rows: Option<String> = query.fetch_one(&mut *kept).await?;
    *connection = Some(kept);
    let rows = rows.as_deref().unwrap_or("[]");
    serde_json::from_str(rows).map_err(|it| sqlx::Error::Decode(it.into()))
}
