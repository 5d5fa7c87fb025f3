//! `outbox` cut off at every place, with a broker that fails, and with a database that
//! is locked.

use std::collections::BTreeSet;
use std::future::{pending, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use sqlx::{AnyConnection, Connection, Executor};
use tokio::task::yield_now;
use tokio::time::sleep;

use crate::scenarios::support::postgres::{Schema, connect, sqlite};
use crate::scenarios::support::runner::{Scenario, on_postgresql, scenario};
use example::{Answer, relay, take_order};

#[path = "../../../examples-advanced/src/bin/outbox.rs"]
#[expect(dead_code, reason = "its scene is not part of the scenario")]
mod example;

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("cut_off::sqlite", cut_off_everywhere),
        on_postgresql("cut_off::postgresql", |url| async move {
            let schema = Schema::create(&url).await?;
            let done = cut_off_shop(&schema.url).await.map(drop);
            schema.remove_after(done).await
        }),
        scenario("brokers", broker_fails),
        scenario("in_order", in_order),
        scenario("locked", locked).slow(),
        scenario("refused_commit", refused_commit),
    ]
}

/// Where shops were cut off.
struct Places {
    before_commit: bool,
    before_note: bool,
}

/// The places that matter are among those where a shop is cut off. On a busy
/// machine SQLite's thread may have answered before the shop looks, so the shop
/// does not wait there; it does in another round.
async fn cut_off_everywhere() -> Result<()> {
    for _ in 0..5 {
        let folder = tempfile::tempdir()?;
        let places = cut_off_shop(&sqlite(&folder)).await?;
        if places.before_commit && places.before_note {
            return Ok(());
        }
    }
    bail!("in five rounds none is cut off before it is committed, or none before its note");
}

/// A shop that is cut off wherever it waits, one place after the other, each
/// time with another order: what it has committed is published, and nothing
/// else. A last shop publishes what the others have left.
async fn cut_off_shop(url: &str) -> Result<Places> {
    let mut shop = connect(url).await?;
    create_tables(&mut shop).await?;
    let mut events = Vec::new();
    let mut order = 0;
    loop {
        order += 1;
        let mut cut = connect(url).await?;
        let work = async {
            take_order(&mut cut, order).await?;
            relay(&mut cut, |event| {
                events.push(event);
                answer(Answer::Taken)
            })
            .await
        };
        // The first one waits once, the second one twice.
        if let Some(done) = cut_off_after(order, work).await {
            done?;
            break;
        }
        ensure!(order < 1000, "it does not come to its end");
    }
    // A server may still be at the commit of a shop that is cut off already.
    let deadline = Instant::now() + Duration::from_secs(10);
    let (orders, published) = loop {
        relay(&mut shop, |event| {
            events.push(event);
            answer(Answer::Taken)
        })
        .await?;
        let orders: BTreeSet<i64> = ids(&mut shop, "SELECT id FROM orders").await?;
        let published: BTreeSet<i64> = events.iter().copied().collect();
        if orders == published || Instant::now() >= deadline {
            break (orders, published);
        }
        sleep(Duration::from_millis(50)).await;
    };
    ensure!(orders == published, "orders {orders:?}, events {events:?}");
    ensure!(orders.contains(&order), "the last order is not there");
    let pending = ids(&mut shop, "SELECT id FROM outbox").await?;
    ensure!(pending.is_empty(), "still pending: {pending:?}");
    shop.close().await?;
    Ok(Places {
        before_commit: (1..order).any(|order| !orders.contains(&order)),
        before_note: published.len() < events.len(),
    })
}

/// A broker's answer, which takes a while.
async fn answer(answer: Answer) -> Answer {
    for _ in 0..5 {
        yield_now().await;
    }
    answer
}

/// Runs a future until it has waited so many times, and drops it there.
async fn cut_off_after<T>(waits: i64, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    let mut waited = 0;
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => {
            waited += 1;
            if waited == waits {
                return Poll::Ready(None);
            }
            Poll::Pending
        }
    })
    .await
}

/// A broker that does not answer holds up neither orders nor the shop for long.
/// One whose answers are lost gets the first event again and again. One that
/// refuses an event gets the others; the event is set aside. And a relay can be
/// spawned.
async fn broker_fails() -> Result<()> {
    let mut shop = connect("sqlite::memory:").await?;
    create_tables(&mut shop).await?;
    take_order(&mut shop, 1).await?;
    let start = Instant::now();
    ensure!(relay(&mut shop, |_| pending()).await.is_err(), "no error");
    let took = start.elapsed();
    ensure!(took < Duration::from_secs(5), "it waits for {took:?}");
    take_order(&mut shop, 2).await?;
    let pending = ids(&mut shop, "SELECT id FROM outbox").await?;
    ensure!(pending == [1, 2].into(), "pending: {pending:?}");

    let mut events = Vec::new();
    for _ in 0..3 {
        relay(&mut shop, |event| {
            events.push(event);
            answer(Answer::Lost)
        })
        .await?;
    }
    ensure!(events == [1, 1, 1], "no answer: events {events:?}");

    let relays = tokio::spawn(async move {
        let mut events = Vec::new();
        for _ in 0..5 {
            relay(&mut shop, |event| {
                events.push(event);
                answer(if event == 1 {
                    Answer::Refused
                } else {
                    Answer::Taken
                })
            })
            .await?;
        }
        let pending = ids(&mut shop, "SELECT id FROM outbox").await?;
        Ok::<_, anyhow::Error>((events, pending))
    });
    let (events, pending) = relays.await??;
    ensure!(events == [1, 2, 1, 1], "events: {events:?}");
    ensure!(pending == [1].into(), "set aside: {pending:?}");
    Ok(())
}

/// Events are published in the order of their ids, whatever the order of the orders.
async fn in_order() -> Result<()> {
    let mut shop = connect("sqlite::memory:").await?;
    create_tables(&mut shop).await?;
    for order in [2, 3, 1] {
        take_order(&mut shop, order).await?;
    }
    let mut events = Vec::new();
    relay(&mut shop, |event| {
        events.push(event);
        answer(Answer::Taken)
    })
    .await?;
    ensure!(events == [1, 2, 3], "1, 2, 3 are expected, not {events:?}");
    Ok(())
}

/// While another process holds a lock, an order is an error within a few seconds, and
/// leaves nothing. SQLite itself would wait for 5 s.
async fn locked() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let url = sqlite(&folder);
    let mut other = connect(&url).await?;
    create_tables(&mut other).await?;
    let mut shop = connect(&url).await?;
    other.execute("BEGIN EXCLUSIVE").await?;
    let begin = Instant::now();
    let taken = take_order(&mut shop, 1).await;
    let took = begin.elapsed();
    ensure!(
        taken.is_err() && took < Duration::from_millis(4500),
        "an error within 4.5 s is expected: {taken:?} after {took:?}"
    );
    other.execute("ROLLBACK").await?;
    drop(shop);
    let orders = ids(&mut other, "SELECT id FROM orders").await?;
    let pending = ids(&mut other, "SELECT id FROM outbox").await?;
    ensure!(
        orders == pending,
        "orders {orders:?}, and pending {pending:?}"
    );
    Ok(())
}

/// SQLite refuses a commit while another process reads: the order is an error, since
/// it has not been taken.
async fn refused_commit() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let url = sqlite(&folder);
    let mut other = connect(&url).await?;
    create_tables(&mut other).await?;
    let mut shop = connect(&url).await?;
    shop.execute("PRAGMA busy_timeout = 0").await?;
    other.execute("BEGIN").await?;
    other.fetch_one("SELECT COUNT(*) FROM orders").await?;
    let taken = take_order(&mut shop, 1).await;
    other.execute("ROLLBACK").await?;
    let orders = ids(&mut other, "SELECT id FROM orders").await?;
    ensure!(
        taken.is_err() && orders.is_empty(),
        "an error and no order are expected, not {taken:?} and {orders:?}"
    );
    Ok(())
}

async fn create_tables(shop: &mut AnyConnection) -> Result<()> {
    shop.execute(example::TABLES).await?;
    Ok(())
}

async fn ids(shop: &mut AnyConnection, query: &'static str) -> Result<BTreeSet<i64>> {
    let ids: Vec<i64> = sqlx::query_scalar(query).fetch_all(shop).await?;
    Ok(ids.into_iter().collect())
}
