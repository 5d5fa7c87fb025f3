//! The queue on PostgreSQL: workers on as many machines as one likes.

use std::time::Duration;

use sqlx::postgres::PgListener;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::time::timeout;

use crate::{ATTEMPTS, Finished, Job, LEASE, Status, back_off};

/// Half of each page is kept free, so that a claim rewrites a row in its page
/// and needs no new entry in an index.
const TABLES: &str = "
    SELECT pg_advisory_xact_lock(20260501);
    CREATE TABLE IF NOT EXISTS jobs (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        priority int NOT NULL,
        order_id bigint NOT NULL,
        due timestamptz NOT NULL DEFAULT now(),
        attempt int NOT NULL DEFAULT 0,
        dead boolean NOT NULL DEFAULT false,
        error text
    ) WITH (fillfactor = 50);
    CREATE INDEX IF NOT EXISTS jobs_in_order
        ON jobs (priority DESC, id) WHERE NOT dead;
    CREATE TABLE IF NOT EXISTS charges (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        job bigint NOT NULL,
        order_id bigint NOT NULL,
        receipt text NOT NULL,
        at timestamptz NOT NULL DEFAULT clock_timestamp()
    );";

const ADD: &str = "
    INSERT INTO jobs (priority, order_id)
    SELECT $1, order_id FROM generate_series(1, $2) AS order_id";

/// Rows that another worker is about to claim are passed over, not waited for.
const CLAIM: &str = "
    WITH ready AS (
        SELECT id FROM jobs WHERE NOT dead AND due <= now()
        ORDER BY priority DESC, id LIMIT $1 FOR UPDATE SKIP LOCKED
    )
    UPDATE jobs SET attempt = attempt + 1,
        due = now() + make_interval(secs => $2)
    FROM ready WHERE jobs.id = ready.id
    RETURNING jobs.id, attempt, order_id";

/// The row that is deleted and the row that is its effect commit together.
const COMPLETE: &str = "
    WITH done AS (
        DELETE FROM jobs
        USING unnest($1::bigint[], $2::int[], $3::text[])
            AS mine (id, attempt, receipt)
        WHERE jobs.id = mine.id AND jobs.attempt = mine.attempt
        RETURNING jobs.id, jobs.order_id, mine.receipt
    )
    INSERT INTO charges (job, order_id, receipt) SELECT * FROM done";

const FAIL: &str = "
    UPDATE jobs SET error = mine.error, dead = jobs.attempt >= $5,
        due = now() + make_interval(secs => mine.pause)
    FROM unnest($1::bigint[], $2::int[], $3::text[], $4::float8[])
        AS mine (id, attempt, error, pause)
    WHERE jobs.id = mine.id AND jobs.attempt = mine.attempt";

pub struct Queue {
    url: String,
    /// Not from a pool, which would make sure of it before and after each use.
    connection: PgConnection,
    listener: PgListener,
    channel: String,
}

impl Queue {
    pub async fn open(url: &str) -> sqlx::Result<Self> {
        let mut connection = PgConnection::connect(url).await?;
        // Workers that start at the same time must not create the tables twice.
        sqlx::raw_sql(TABLES).execute(&mut connection).await?;
        // Channels belong to the whole database, tables to a schema.
        let channel = sqlx::query_scalar("SELECT current_schema() || '.jobs'");
        let channel: String = channel.fetch_one(&mut connection).await?;
        let mut listener = PgListener::connect(url).await?;
        listener.listen(&channel).await?;
        Ok(Self {
            url: url.into(),
            connection,
            listener,
            channel,
        })
    }
}

impl crate::Queue for Queue {
    async fn add(&mut self, count: i64, priority: i32) -> sqlx::Result<()> {
        let mut transaction = self.connection.begin().await?;
        let add = sqlx::query(ADD).bind(priority).bind(count);
        add.execute(&mut *transaction).await?;
        // Sent when the jobs can be seen: at the commit.
        let notify = sqlx::query("SELECT pg_notify($1, '')");
        notify
            .bind(&self.channel)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await
    }

    async fn claim(&mut self, limit: usize) -> sqlx::Result<Vec<Job>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let claim = sqlx::query_as::<_, (i64, i32, i64)>(CLAIM).bind(limit);
        let claim = claim
            .bind(LEASE.as_secs_f64())
            .fetch_all(&mut self.connection);
        let jobs = claim.await?.into_iter();
        Ok(jobs
            .map(|(id, attempt, order)| Job { id, attempt, order })
            .collect())
    }

    async fn finish(&mut self, jobs: &[Finished]) -> sqlx::Result<()> {
        let (mut done, mut receipts) = (Vec::new(), Vec::new());
        let (mut failed, mut errors) = (Vec::new(), Vec::new());
        for Finished { job, result } in jobs {
            match result {
                Ok(receipt) => {
                    done.push(job);
                    receipts.push(receipt.as_str());
                }
                Err(error) => {
                    failed.push(job);
                    errors.push(error.as_str());
                }
            }
        }
        if !done.is_empty() {
            let (ids, attempts) = keys(&done);
            let complete = sqlx::query(COMPLETE).bind(ids).bind(attempts);
            complete
                .bind(receipts)
                .execute(&mut self.connection)
                .await?;
        }
        if !failed.is_empty() {
            let (ids, attempts) = keys(&failed);
            let pauses = attempts.iter().map(|it| back_off(*it).as_secs_f64());
            let pauses: Vec<f64> = pauses.collect();
            let fail = sqlx::query(FAIL).bind(ids).bind(attempts).bind(errors);
            fail.bind(pauses)
                .bind(ATTEMPTS)
                .execute(&mut self.connection)
                .await?;
        }
        Ok(())
    }

    async fn next_due(&mut self) -> sqlx::Result<Option<Duration>> {
        let seconds = "SELECT extract(epoch FROM min(due) - now())::float8
                       FROM jobs WHERE NOT dead";
        let seconds = sqlx::query_scalar::<_, Option<f64>>(seconds);
        let seconds = seconds.fetch_one(&mut self.connection).await?;
        Ok(seconds.map(|it| Duration::from_secs_f64(it.max(0.0))))
    }

    async fn wait(&mut self, limit: Duration) -> sqlx::Result<()> {
        // `None` says that the connection was lost: news may have been, too.
        match timeout(limit, self.listener.try_recv()).await {
            Ok(news) => news.map(|_| ()),
            Err(_) => Ok(()),
        }
    }

    async fn reconnect(&mut self) -> sqlx::Result<()> {
        self.connection = PgConnection::connect(&self.url).await?;
        self.listener = PgListener::connect(&self.url).await?;
        self.listener.listen(&self.channel).await
    }

    async fn status(&mut self) -> sqlx::Result<Status> {
        let jobs = "SELECT count(*) FILTER (WHERE NOT dead AND due <= now()),
                           count(*) FILTER (WHERE NOT dead AND due > now()),
                           count(*) FILTER (WHERE dead) FROM jobs";
        let (ready, later, dead) = sqlx::query_as(jobs).fetch_one(&mut self.connection).await?;
        let charges = "SELECT count(*), count(*) - count(DISTINCT job)
                       FROM charges";
        let (charged, doubled) = sqlx::query_as(charges)
            .fetch_one(&mut self.connection)
            .await?;
        Ok(Status {
            ready,
            later,
            dead,
            charged,
            doubled,
        })
    }

    async fn dead(&mut self) -> sqlx::Result<Vec<(i64, i32, String)>> {
        let dead = "SELECT order_id, attempt, error FROM jobs WHERE dead";
        sqlx::query_as(dead).fetch_all(&mut self.connection).await
    }
}

fn keys(jobs: &[&Job]) -> (Vec<i64>, Vec<i32>) {
    jobs.iter().map(|job| (job.id, job.attempt)).unzip()
}

/// Creates a schema; gives the address under which its tables are found.
pub async fn create_schema(url: &str, name: &str) -> sqlx::Result<String> {
    let create = AssertSqlSafe(format!("CREATE SCHEMA {name}"));
    let mut connection = PgConnection::connect(url).await?;
    sqlx::query(create).execute(&mut connection).await?;
    let sign = if url.contains('?') { '&' } else { '?' };
    Ok(format!("{url}{sign}options[search_path]={name}"))
}

pub async fn drop_schema(url: &str, name: &str) -> sqlx::Result<()> {
    let drop = AssertSqlSafe(format!("DROP SCHEMA {name} CASCADE"));
    let mut connection = PgConnection::connect(url).await?;
    sqlx::query(drop).execute(&mut connection).await?;
    Ok(())
}
