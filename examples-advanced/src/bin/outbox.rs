//! Commit a row and its event together in an outbox, and publish it later.
//!
//! A shop and its broker (which passes on events) cannot commit as one. Without
//! an outbox, a shop that stops after it has committed order 2 never publishes
//! the event. With one, the event is a row of the same transaction. `relay`
//! publishes it when the shop runs again. If an answer is lost, the event goes
//! out twice: receivers must drop duplicates by id. A silent broker holds up no
//! order. An event that is refused three times is set aside.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin outbox
//! database: [..]
//! without an outbox, orders 1 to 3: events [1, 3]
//! with an outbox, orders 4 to 6: events [4, 5, 6]
//! with an outbox, one answer is lost: events [7, 7]
//! ```
//!
//! It runs on SQLite in memory, or on the PostgreSQL that `DATABASE_URL` names,
//! with temporary tables. To publish from several processes, see `job_queue`.
//! The part to reuse starts at `take_order`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add anyhow
//! cargo add sqlx --no-default-features -F any,postgres,runtime-tokio,sqlite-bundled
//! cargo add tokio -F macros,rt-multi-thread,time
//! ```

use std::env;
use std::future::ready;
use std::time::Duration;

use anyhow::anyhow;
use sqlx::any::{AnyConnectOptions, install_default_drivers};
use sqlx::{AnyConnection, Connection, Executor};
use tokio::time::timeout;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut shop = connect().await?;
    shop.execute(TABLES).await?;

    let mut events = Vec::new();
    for order in 1..=3_i64 {
        sqlx::query("INSERT INTO orders VALUES ($1)")
            .bind(order)
            .execute(&mut shop)
            .await?;
        // With order 2 the shop stops here, and starts again.
        if order != 2 {
            events.push(order);
        }
    }
    println!("without an outbox, orders 1 to 3: events {events:?}");

    let mut events = Vec::new();
    for order in 4..=6 {
        take_order(&mut shop, order).await?;
        if order != 5 {
            relay(&mut shop, |event| {
                events.push(event);
                ready(Ok(Answer::Taken))
            })
            .await?;
        }
    }
    println!("with an outbox, orders 4 to 6: events {events:?}");

    let mut events = Vec::new();
    take_order(&mut shop, 7).await?;
    relay(&mut shop, |event| {
        events.push(event);
        ready(Err(anyhow!("the connection is lost")))
    })
    .await?;
    relay(&mut shop, |event| {
        events.push(event);
        ready(Ok(Answer::Taken))
    })
    .await?;
    println!("with an outbox, one answer is lost: events {events:?}");
    Ok(())
}

/// Connects to the database that `DATABASE_URL` names, or to SQLite in memory,
/// and says which one it is.
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

pub const TABLES: &str = "CREATE TEMPORARY TABLE orders (id BIGINT PRIMARY KEY);
     CREATE TEMPORARY TABLE outbox (id BIGINT PRIMARY KEY, refusals BIGINT)";

pub async fn take_order(shop: &mut AnyConnection, order: i64) -> sqlx::Result<()> {
    let mut tx = shop.begin().await?;
    for insert in [
        "INSERT INTO orders VALUES ($1)",
        "INSERT INTO outbox VALUES ($1, 0)",
    ] {
        sqlx::query(insert).bind(order).execute(&mut *tx).await?;
    }
    tx.commit().await
}

/// Publishes the pending events. A service does this again and again.
pub async fn relay<F: Future<Output = anyhow::Result<Answer>>>(
    shop: &mut AnyConnection,
    mut publish: impl FnMut(i64) -> F,
) -> sqlx::Result<()> {
    const PUBLISH_TIMEOUT: Duration = Duration::from_secs(1);
    const PENDING: &str = "SELECT id FROM outbox WHERE refusals < 3 ORDER BY id LIMIT 100";
    let events: Vec<i64> = sqlx::query_scalar(PENDING).fetch_all(&mut *shop).await?;
    for event in events {
        let note = match timeout(PUBLISH_TIMEOUT, publish(event)).await {
            Ok(Ok(Answer::Taken)) => "DELETE FROM outbox WHERE id = $1",
            Ok(Ok(Answer::Refused)) => "UPDATE outbox SET refusals = refusals + 1 WHERE id = $1",
            // Without an answer, try again later, with this event first.
            Ok(Err(_)) | Err(_) => break,
        };
        // The shop may stop before this note: then the event is sent again.
        sqlx::query(note).bind(event).execute(&mut *shop).await?;
    }
    Ok(())
}

pub enum Answer {
    Taken,
    Refused,
}
