//! Commit an order with its event in an outbox table, and publish it later.
//!
//! A message broker is a separate server that passes on a shop's events. It
//! cannot take part in a transaction of the shop's database. Without an outbox,
//! a shop that stops after it has committed order 2 never publishes the event.
//! With one, the event is a row of the same transaction, and `relay` publishes
//! it when the shop runs again. If the broker's answer is lost, the event goes
//! out twice: receivers must drop duplicates by id. An event that the broker
//! refuses three times stays in the table, and `relay` skips it.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin outbox
//! without an outbox, orders 1 to 3: events [1, 3]
//! with an outbox, orders 4 to 6: events [4, 5, 6]
//! with an outbox, one answer is lost: events [7, 7]
//! ```
//!
//! For PostgreSQL, add the feature `postgres` and change the URL. To publish
//! from several processes, see `job_queue`. The part to reuse starts at
//! `TABLES`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add anyhow
//! cargo add sqlx --no-default-features -F any,runtime-tokio,sqlite-bundled
//! cargo add tokio -F macros,rt-multi-thread,time
//! ```

use std::future::{Ready, ready};
use std::time::Duration;

use sqlx::any::install_default_drivers;
use sqlx::{AnyConnection, Connection, Executor};
use tokio::time::timeout;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    install_default_drivers();
    let mut shop = AnyConnection::connect("sqlite::memory:").await?;
    shop.execute(TABLES).await?;

    let mut events = Vec::new();
    for order in 1..=3 {
        sqlx::query("INSERT INTO orders VALUES ($1)")
            .bind(order)
            .execute(&mut shop)
            .await?;
        // At order 2 the shop stops here, and starts again.
        if order != 2 {
            events.push(order);
        }
    }
    println!("without an outbox, orders 1 to 3: events {events:?}");

    let mut events = Vec::new();
    for order in 4..=6 {
        take_order(&mut shop, order).await?;
        // At order 5 the shop stops here, and starts again.
        if order != 5 {
            relay(&mut shop, broker(&mut events, Answer::Taken)).await?;
        }
    }
    println!("with an outbox, orders 4 to 6: events {events:?}");

    let mut events = Vec::new();
    take_order(&mut shop, 7).await?;
    relay(&mut shop, broker(&mut events, Answer::Lost)).await?;
    relay(&mut shop, broker(&mut events, Answer::Taken)).await?;
    println!("with an outbox, one answer is lost: events {events:?}");
    Ok(())
}

/// A broker that records each event, and always gives the same answer. `ready`
/// makes a future that is done already.
fn broker(events: &mut Vec<i64>, answer: Answer) -> impl FnMut(i64) -> Ready<Answer> {
    move |event| {
        events.push(event);
        ready(answer)
    }
}

/// Here an order has one event, so both have the same id. Other events need an
/// id of their own, and columns for what they say.
pub const TABLES: &str = "CREATE TABLE orders (id BIGINT PRIMARY KEY);
     CREATE TABLE outbox (id BIGINT PRIMARY KEY, refusals BIGINT)";

/// After a timeout, the order may be committed or not.
pub async fn take_order(shop: &mut AnyConnection, order: i64) -> anyhow::Result<()> {
    let both = async {
        let mut tx = shop.begin().await?;
        for insert in [
            "INSERT INTO orders VALUES ($1)",
            "INSERT INTO outbox VALUES ($1, 0)",
        ] {
            sqlx::query(insert).bind(order).execute(&mut *tx).await?;
        }
        tx.commit().await
    };
    Ok(timeout(TIMEOUT, both).await??)
}

/// Publishes the pending events. A service does this again and again.
pub async fn relay<F: Future<Output = Answer>>(
    shop: &mut AnyConnection,
    mut publish: impl FnMut(i64) -> F,
) -> anyhow::Result<()> {
    const PENDING: &str = "SELECT id FROM outbox WHERE refusals < 3 ORDER BY id LIMIT 100";
    let all = async {
        let events: Vec<i64> = sqlx::query_scalar(PENDING).fetch_all(&mut *shop).await?;
        for event in events {
            let note = match publish(event).await {
                Answer::Taken => "DELETE FROM outbox WHERE id = $1",
                Answer::Refused => "UPDATE outbox SET refusals = refusals + 1 WHERE id = $1",
                // Try again later. Until then the events behind it wait too.
                Answer::Lost => break,
            };
            // If the shop stops before this, the event is published again.
            sqlx::query(note).bind(event).execute(&mut *shop).await?;
        }
        Ok(())
    };
    timeout(TIMEOUT, all).await?
}

/// A database or a broker may go silent. A timeout may stop a query halfway,
/// so open a new connection after it.
const TIMEOUT: Duration = Duration::from_secs(3);

#[derive(Clone, Copy)]
pub enum Answer {
    Taken,
    Refused,
    /// No answer came. The broker may have the event or not.
    Lost,
}
