//! The queue on SQLite, for processes on one machine.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sqlx::error::DatabaseError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions};
use tokio::time::sleep;

use crate::queue::{Finished, Job, LEASE, Queue, Status, back_off};

/// SQLite has no notifications, so a worker looks again after this time. All
/// processes share one clock: times are milliseconds since 1970.
const POLL: Duration = Duration::from_millis(100);

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS jobs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        order_id INTEGER NOT NULL,
        due INTEGER NOT NULL,
        attempt INTEGER NOT NULL DEFAULT 0,
        dead INTEGER NOT NULL DEFAULT 0,
        error TEXT
    );
    CREATE INDEX IF NOT EXISTS jobs_to_do ON jobs (due) WHERE NOT dead;
    CREATE TABLE IF NOT EXISTS charges (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        job INTEGER NOT NULL,
        order_id INTEGER NOT NULL,
        receipt TEXT NOT NULL
    );";

const ADD: &str = "
    WITH RECURSIVE numbers (number) AS (
        SELECT 1 WHERE $1 > 0
        UNION ALL SELECT number + 1 FROM numbers WHERE number < $1
    )
    INSERT INTO jobs (order_id, due) SELECT number, $2 FROM numbers";

/// One statement takes the write lock before it reads.
const CLAIM: &str = "
    UPDATE jobs SET attempt = attempt + 1, due = $3
    WHERE id IN (
        SELECT id FROM jobs WHERE NOT dead AND due <= $2
        ORDER BY due, id LIMIT $1
    )
    RETURNING id, attempt, order_id";

const COMPLETE: &str = "DELETE FROM jobs WHERE id = $1 AND attempt = $2";

const EFFECT: &str = "
    INSERT INTO charges (job, order_id, receipt) VALUES ($1, $2, $3)";

const FAIL: &str = "
    UPDATE jobs SET error = $3, dead = $4, due = $5
    WHERE id = $1 AND attempt = $2";

pub struct SqliteQueue(SqlitePool);

pub async fn open(url: &str) -> sqlx::Result<SqliteQueue> {
    let options: SqliteConnectOptions = url.parse()?;
    let options = options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // Another process may hold the lock, but not for longer than this.
        .busy_timeout(Duration::from_secs(2));
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .connect_with(options)
        .await?;
    let file: String = sqlx::query_scalar("SELECT file FROM pragma_database_list")
        .fetch_one(&pool)
        .await?;
    if file.is_empty() {
        let reason = "SQLite in memory would lose the queue; name a file";
        return Err(sqlx::Error::Configuration(reason.into()));
    }
    sqlx::raw_sql(TABLES).execute(&pool).await?;
    Ok(SqliteQueue(pool))
}

impl Queue for SqliteQueue {
    async fn add(&mut self, count: i64, priority: i16) -> sqlx::Result<()> {
        let earlier = Duration::from_secs(24 * 60 * 60);
        sqlx::query(ADD)
            .bind(count)
            .bind(now() - i64::from(priority) * milliseconds(earlier))
            .execute(&self.0)
            .await?;
        Ok(())
    }

    async fn claim(&mut self, limit: usize) -> sqlx::Result<Vec<Job>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        sqlx::query_as(CLAIM)
            .bind(limit)
            .bind(now())
            .bind(now() + milliseconds(LEASE))
            .fetch_all(&self.0)
            .await
    }

    async fn finish(&mut self, jobs: &[Finished]) -> sqlx::Result<()> {
        let mut transaction = self.0.begin_with("BEGIN IMMEDIATE").await?;
        for finished in jobs {
            let Job {
                id,
                attempt,
                order_id,
            } = &finished.job;
            match finished.result() {
                Ok(receipt) => {
                    let done = sqlx::query(COMPLETE)
                        .bind(id)
                        .bind(attempt)
                        .execute(&mut *transaction)
                        .await?;
                    if done.rows_affected() == 1 {
                        sqlx::query(EFFECT)
                            .bind(id)
                            .bind(order_id)
                            .bind(receipt)
                            .execute(&mut *transaction)
                            .await?;
                    }
                }
                Err((error, is_dead)) => {
                    sqlx::query(FAIL)
                        .bind(id)
                        .bind(attempt)
                        .bind(error)
                        .bind(is_dead)
                        .bind(now() + milliseconds(back_off(*attempt)))
                        .execute(&mut *transaction)
                        .await?;
                }
            }
        }
        transaction.commit().await
    }

    fn refuses(&self, error: &sqlx::Error) -> bool {
        let code = error.as_database_error().and_then(DatabaseError::code);
        let code: Option<u32> = code.and_then(|code| code.parse().ok());
        // The last byte of an extended code is the error itself: too big,
        // constraint or mismatch.
        code.is_some_and(|code| matches!(code % 256, 18..=20))
    }

    async fn next_due(&mut self) -> sqlx::Result<Option<Duration>> {
        let due: Option<i64> = sqlx::query_scalar("SELECT min(due) FROM jobs WHERE NOT dead")
            .fetch_one(&self.0)
            .await?;
        Ok(due.map(|due| Duration::from_millis((due - now()).max(0).unsigned_abs())))
    }

    async fn wait(&mut self, limit: Duration) -> sqlx::Result<()> {
        sleep(limit.min(POLL)).await;
        Ok(())
    }

    async fn reconnect(&mut self) -> sqlx::Result<()> {
        Ok(())
    }

    async fn status(&mut self) -> sqlx::Result<Status> {
        let status = "
            SELECT count(*) FILTER (WHERE NOT dead AND due <= $1) AS ready,
                count(*) FILTER (WHERE NOT dead AND due > $1) AS later,
                count(*) FILTER (WHERE dead) AS dead,
                (SELECT count(*) FROM charges) AS charged,
                (SELECT count(*) - count(DISTINCT job) FROM charges) AS doubled
            FROM jobs";
        sqlx::query_as(status).bind(now()).fetch_one(&self.0).await
    }

    async fn dead(&mut self) -> sqlx::Result<Vec<(i64, i32, String)>> {
        let dead = "SELECT order_id, attempt, error FROM jobs WHERE dead ORDER BY id";
        sqlx::query_as(dead).fetch_all(&self.0).await
    }
}

fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    milliseconds(now.unwrap_or_default())
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
