//! The queue on PostgreSQL, for workers on any number of machines.

use std::time::Duration;

use sqlx::error::DatabaseError;
use sqlx::postgres::PgListener;
use sqlx::{Connection, Executor, PgConnection};
use tokio::time::timeout;

use crate::queue::{Finished, Job, LEASE, Queue, Status, back_off, limited};

/// The index has only jobs that are to be done, in the order of claims. It ends
/// a claim at the first job that is not due yet.
const TABLES: &str = "
    SELECT pg_advisory_xact_lock(20260501);
    CREATE TABLE IF NOT EXISTS jobs (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        order_id bigint NOT NULL,
        due timestamptz NOT NULL,
        attempt int NOT NULL DEFAULT 0,
        dead boolean NOT NULL DEFAULT false,
        error text
    );
    CREATE INDEX IF NOT EXISTS jobs_to_do ON jobs (due) WHERE NOT dead;
    CREATE TABLE IF NOT EXISTS charges (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        job bigint NOT NULL,
        order_id bigint NOT NULL,
        receipt text NOT NULL,
        at timestamptz NOT NULL DEFAULT clock_timestamp()
    );";

const ADD: &str = "
    INSERT INTO jobs (order_id, due)
    SELECT number, now() - make_interval(days => $2)
    FROM generate_series(1, $1) AS number";

const NOTIFY: &str = "SELECT pg_notify(current_schema() || '.jobs', '')";

/// `SKIP LOCKED` skips rows that another worker is about to claim.
const CLAIM: &str = "
    WITH ready AS (
        SELECT id FROM jobs WHERE NOT dead AND due <= now()
        ORDER BY due LIMIT $1 FOR UPDATE SKIP LOCKED
    )
    UPDATE jobs SET attempt = attempt + 1, due = now() + make_interval(secs => $2)
    FROM ready WHERE jobs.id = ready.id
    RETURNING jobs.id, attempt, order_id";

/// Deletes the job and inserts its result in one statement, so in one commit.
const COMPLETE: &str = "
    WITH done AS (
        DELETE FROM jobs
        USING unnest($1::bigint[], $2::int[], $3::text[]) AS mine (id, attempt, receipt)
        WHERE jobs.id = mine.id AND jobs.attempt = mine.attempt
        RETURNING jobs.id, jobs.order_id, mine.receipt
    )
    INSERT INTO charges (job, order_id, receipt) SELECT * FROM done";

const FAIL: &str = "
    UPDATE jobs SET error = mine.error, dead = mine.dead,
        due = now() + make_interval(secs => mine.pause)
    FROM unnest($1::bigint[], $2::int[], $3::text[], $4::boolean[], $5::float8[])
        AS mine (id, attempt, error, dead, pause)
    WHERE jobs.id = mine.id AND jobs.attempt = mine.attempt";

pub struct PostgresQueue {
    url: String,
    /// One connection for each worker. A pool would test it before each use.
    connection: PgConnection,
    listener: PgListener,
}

pub async fn open(url: &str) -> sqlx::Result<PostgresQueue> {
    let mut connection = connect(url).await?;
    // The advisory lock keeps workers from creating the tables at the same
    // time.
    connection.execute(TABLES).await?;
    Ok(PostgresQueue {
        url: url.into(),
        connection,
        listener: listen_to_adds(url).await?,
    })
}

async fn listen_to_adds(url: &str) -> sqlx::Result<PgListener> {
    // A listener does not say why it cannot connect; this connection does.
    let mut connection = PgConnection::connect(url).await?;
    // A channel belongs to the database, so its name includes the schema.
    let channel: String = sqlx::query_scalar("SELECT current_schema() || '.jobs'")
        .fetch_one(&mut connection)
        .await?;
    connection.close().await?;
    let mut listener = PgListener::connect(url).await?;
    listener.listen(&channel).await?;
    Ok(listener)
}

async fn connect(url: &str) -> sqlx::Result<PgConnection> {
    let mut connection = PgConnection::connect(url).await?;
    // The server, too, ends a statement that nobody waits for any more.
    connection.execute("SET statement_timeout = '3s'").await?;
    Ok(connection)
}

impl Queue for PostgresQueue {
    async fn add(&mut self, count: i64, priority: i16) -> sqlx::Result<()> {
        let mut tx = self.connection.begin().await?;
        tx.execute("SET LOCAL statement_timeout = 0").await?;
        sqlx::query(ADD)
            .bind(count)
            .bind(priority)
            .execute(&mut *tx)
            .await?;
        // It is sent at the commit, when the jobs are visible.
        tx.execute(NOTIFY).await?;
        tx.commit().await
    }

    async fn claim(&mut self, limit: usize) -> sqlx::Result<Vec<Job>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        sqlx::query_as(CLAIM)
            .bind(limit)
            .bind(LEASE.as_secs_f64())
            .fetch_all(&mut self.connection)
            .await
    }

    async fn finish(&mut self, jobs: &[Finished]) -> sqlx::Result<()> {
        let (mut done, mut receipts) = (Vec::new(), Vec::new());
        let (mut failed, mut errors, mut dead) = (Vec::new(), Vec::new(), Vec::new());
        for finished in jobs {
            match finished.result() {
                Ok(receipt) => {
                    done.push(&finished.job);
                    receipts.push(receipt);
                }
                Err((error, is_dead)) => {
                    failed.push(&finished.job);
                    errors.push(error);
                    dead.push(is_dead);
                }
            }
        }
        if !done.is_empty() {
            let (ids, attempts) = keys(&done);
            sqlx::query(COMPLETE)
                .bind(ids)
                .bind(attempts)
                .bind(receipts)
                .execute(&mut self.connection)
                .await?;
        }
        if !failed.is_empty() {
            let (ids, attempts) = keys(&failed);
            let pauses = attempts.iter().map(|it| back_off(*it).as_secs_f64());
            let pauses: Vec<f64> = pauses.collect();
            sqlx::query(FAIL)
                .bind(ids)
                .bind(attempts)
                .bind(errors)
                .bind(dead)
                .bind(pauses)
                .execute(&mut self.connection)
                .await?;
        }
        Ok(())
    }

    fn refuses(&self, error: &sqlx::Error) -> bool {
        let code = error.as_database_error().and_then(DatabaseError::code);
        // Classes of SQLSTATE: bad data, such as a NUL byte in a text, and
        // broken constraints.
        code.is_some_and(|code| code.starts_with("22") || code.starts_with("23"))
    }

    async fn next_due(&mut self) -> sqlx::Result<Option<Duration>> {
        let seconds = "SELECT extract(epoch FROM min(due) - now())::float8
                       FROM jobs WHERE NOT dead";
        let seconds: Option<f64> = sqlx::query_scalar(seconds)
            .fetch_one(&mut self.connection)
            .await?;
        Ok(seconds.map(|it| Duration::from_secs_f64(it.max(0.0))))
    }

    async fn wait(&mut self, limit: Duration) -> sqlx::Result<()> {
        // `None` means that the connection was lost, and news perhaps with it.
        match timeout(limit, self.listener.try_recv()).await {
            Ok(news) => news.map(|_| ()),
            // Nothing came, or the connection has gone silent: ask it.
            Err(_) => limited(self.listener.execute("SELECT 1")).await.map(|_| ()),
        }
    }

    async fn reconnect(&mut self) -> sqlx::Result<()> {
        self.connection = connect(&self.url).await?;
        self.listener = listen_to_adds(&self.url).await?;
        Ok(())
    }

    async fn status(&mut self) -> sqlx::Result<Status> {
        let status = "
            SELECT count(*) FILTER (WHERE NOT dead AND due <= now()) AS ready,
                count(*) FILTER (WHERE NOT dead AND due > now()) AS later,
                count(*) FILTER (WHERE dead) AS dead,
                (SELECT count(*) FROM charges) AS charged,
                (SELECT count(*) - count(DISTINCT job) FROM charges) AS doubled
            FROM jobs";
        sqlx::query_as(status).fetch_one(&mut self.connection).await
    }

    async fn dead(&mut self) -> sqlx::Result<Vec<(i64, i32, String)>> {
        let dead = "SELECT order_id, attempt, error FROM jobs WHERE dead ORDER BY id";
        sqlx::query_as(dead).fetch_all(&mut self.connection).await
    }
}

fn keys(jobs: &[&Job]) -> (Vec<i64>, Vec<i32>) {
    jobs.iter().map(|job| (job.id, job.attempt)).unzip()
}
