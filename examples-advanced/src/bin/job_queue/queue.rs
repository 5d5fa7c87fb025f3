//! The types of a queue, and the trait that each database implements.

use std::time::Duration;

/// How long a claim is valid.
pub const LEASE: Duration = Duration::from_secs(2);
/// How often a job is tried, whether it fails or its worker dies.
pub const MAX_ATTEMPTS: i32 = 5;

/// An order to be charged, as a worker has claimed it.
#[derive(Clone, Debug)]
pub struct Job {
    pub id: i64,
    /// Counts the claims: only the worker with the last one may finish the job.
    pub attempt: i32,
    pub order: i64,
}

#[derive(Debug)]
pub struct Finished {
    pub job: Job,
    /// The receipt to write, or why there is none.
    pub result: Result<String, String>,
}

#[derive(Debug)]
pub struct Status {
    pub ready: i64,
    pub later: i64,
    pub dead: i64,
    pub charged: i64,
    pub doubled: i64,
}

/// The part that differs between SQLite and PostgreSQL.
pub trait Queue {
    /// Adds orders 1 to `count`. Those of a higher priority are claimed first.
    async fn add(&mut self, count: i64, priority: i32) -> sqlx::Result<()>;

    /// Claims jobs that are due: new ones, those to be tried again, and those
    /// whose worker has not finished them within the lease.
    async fn claim(&mut self, limit: usize) -> sqlx::Result<Vec<Job>>;

    /// Writes the result of each job whose claim is still the last. Calling it
    /// twice changes nothing.
    async fn finish(&mut self, jobs: &[Finished]) -> sqlx::Result<()>;

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
