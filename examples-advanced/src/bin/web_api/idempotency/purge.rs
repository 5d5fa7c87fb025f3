//! Forgets old keys.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::database::{Database, Timestamp};

/// How long a key is remembered, in seconds.
const KEPT: i64 = 24 * 60 * 60;
const INTERVAL: Duration = Duration::from_secs(60 * 60);
const TIMEOUT: Duration = Duration::from_secs(10);

pub const FORGET: &str = "DELETE FROM idempotency_keys WHERE created_at < $1";

pub async fn purge(database: Database) {
    loop {
        match timeout(TIMEOUT, forget(&database)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "cannot forget old idempotency keys"),
            Err(_) => tracing::warn!("cannot forget old idempotency keys in time"),
        }
        sleep(INTERVAL).await;
    }
}

async fn forget(database: &Database) -> sqlx::Result<()> {
    let mut work = database.begin().await?;
    sqlx::query(FORGET)
        .bind(Timestamp::now().as_seconds() - KEPT)
        .execute(&mut *work)
        .await?;
    work.commit().await
}
