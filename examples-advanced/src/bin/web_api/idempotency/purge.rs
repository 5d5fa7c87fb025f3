//! Forgets old keys.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::database::{Database, Timestamp};

/// How long a key is remembered, in seconds.
const KEPT: i64 = 24 * 60 * 60;
const INTERVAL: Duration = Duration::from_secs(60 * 60);
const TIMEOUT: Duration = Duration::from_secs(10);
/// A million keys in one transaction would keep SQLite's other writers waiting
/// for seconds. A batch takes a few milliseconds, and in each pause they write.
const BATCH: u32 = 1000;
const PAUSE: Duration = Duration::from_millis(10);

pub const FORGET: &str = "DELETE FROM idempotency_keys WHERE (client, key) IN \
     (SELECT client, key FROM idempotency_keys WHERE created_at < $1 LIMIT $2)";

pub async fn purge(database: Database) {
    loop {
        let pause = match timeout(TIMEOUT, forget(&database)).await {
            Ok(Ok(true)) => PAUSE,
            Ok(Ok(false)) => INTERVAL,
            Ok(Err(error)) => {
                tracing::warn!(%error, "cannot forget old idempotency keys");
                INTERVAL
            }
            Err(_) => {
                tracing::warn!("cannot forget old idempotency keys in time");
                INTERVAL
            }
        };
        sleep(pause).await;
    }
}

/// Forgets a batch of old keys. Returns whether there may be more.
async fn forget(database: &Database) -> sqlx::Result<bool> {
    let mut work = database.begin().await?;
    let forgotten = sqlx::query(FORGET)
        .bind(Timestamp::now().as_seconds() - KEPT)
        .bind(i64::from(BATCH))
        .execute(&mut *work)
        .await?;
    work.commit().await?;
    Ok(forgotten.rows_affected() == u64::from(BATCH))
}
