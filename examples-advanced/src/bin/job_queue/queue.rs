//! The types of a queue, and the trait that each database implements.

use std::io::{Error, ErrorKind};
use std::time::Duration;

use sqlx::FromRow;
use tokio::time::timeout;

/// How long a claim is valid.
pub const LEASE: Duration = Duration::from_secs(2);
/// How often a job is tried, whether it fails or its worker dies.
pub const MAX_ATTEMPTS: i32 = 5;
/// How long to wait for an answer of the database.
pub const DATABASE_TIMEOUT: Duration = Duration::from_secs(3);

/// An order to be charged, as a worker has claimed it.
#[derive(Debug, FromRow)]
pub struct Job {
    pub id: i64,
    /// Counts the claims: only the worker with the last one may finish the job.
    pub attempt: i32,
    pub order_id: i64,
}

#[derive(Debug)]
pub struct Finished {
    pub job: Job,
    pub outcome: Outcome,
}

#[derive(Debug)]
pub enum Outcome {
    /// The order is charged: write this receipt.
    Charged(String),
    /// Something failed that may work later.
    TryAgain(String),
    /// Another try cannot help: the job is dead.
    GiveUp(String),
}

impl Finished {
    /// The receipt, or else the error and whether the job is dead.
    pub fn result(&self) -> Result<&str, (&str, bool)> {
        match &self.outcome {
            Outcome::Charged(receipt) => Ok(receipt),
            Outcome::TryAgain(error) => Err((error, self.job.attempt >= MAX_ATTEMPTS)),
            Outcome::GiveUp(error) => Err((error, true)),
        }
    }
}

#[derive(Debug, FromRow)]
pub struct Status {
    pub ready: i64,
    pub later: i64,
    pub dead: i64,
    pub charged: i64,
    pub doubled: i64,
}

/// The part that differs between SQLite and PostgreSQL.
pub trait Queue {
    /// Adds orders 1 to `count`. Jobs are claimed in the order in which they
    /// are due; each step of priority makes them due a day earlier.
    async fn add(&mut self, count: i64, priority: i16) -> sqlx::Result<()>;

    /// Claims jobs that are due: new ones, those to be tried again, and those
    /// whose worker has not finished them within the lease.
    async fn claim(&mut self, limit: usize) -> sqlx::Result<Vec<Job>>;

    /// Writes the outcome of each job whose claim is still the last. Calling it
    /// twice changes nothing.
    async fn finish(&mut self, jobs: &[Finished]) -> sqlx::Result<()>;

    /// Whether the database refuses what was to be written, such as a receipt
    /// with a NUL byte on PostgreSQL. It will refuse it again.
    fn refuses(&self, error: &sqlx::Error) -> bool;

    /// Returns in how long the next job is due.
    async fn next_due(&mut self) -> sqlx::Result<Option<Duration>>;

    /// Waits until there may be new jobs, for `limit` at most.
    async fn wait(&mut self, limit: Duration) -> sqlx::Result<()>;

    /// Replaces a connection that may be lost.
    async fn reconnect(&mut self) -> sqlx::Result<()>;

    async fn status(&mut self) -> sqlx::Result<Status>;

    /// Returns the orders that were given up: their attempts and last errors.
    async fn dead(&mut self) -> sqlx::Result<Vec<(i64, i32, String)>>;
}

/// How long to wait before a job that has failed is tried again.
pub fn back_off(attempt: i32) -> Duration {
    Duration::from_millis(50) * 2_u32.pow(attempt.clamp(1, 10).unsigned_abs())
}

/// A connection may go silent without an error, so no wait for the database is
/// without a limit.
pub async fn limited<T>(question: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
    timeout(DATABASE_TIMEOUT, question)
        .await
        .unwrap_or_else(|_| {
            let error = format!("no answer within {DATABASE_TIMEOUT:?}");
            Err(Error::new(ErrorKind::TimedOut, error).into())
        })
}
