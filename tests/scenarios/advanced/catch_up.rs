//! `catch_up` on a server, cut off, beside a slow sender, and on a server that says
//! nothing.

use std::pin::pin;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use sqlx::postgres::PgPoolOptions;
use sqlx::{Executor, PgPool};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::scenarios::support::postgres::{
    Schema, on_own_postgresql, refuses_second_connection, refuses_silent_server,
    refuses_without_server, shows_on_postgresql,
};
use crate::scenarios::support::relay::Relay;
use crate::scenarios::support::runner::{Scenario, on_postgresql, scenario};
use example::Subscriber;

#[path = "../../../examples-advanced/src/bin/catch_up.rs"]
#[expect(dead_code, reason = "its scene is not part of the scenario")]
mod example;

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("no_server", || refuses_without_server("catch_up")),
        scenario("silent_server", || refuses_silent_server("catch_up")),
        on_own_postgresql("one_connection", |server| {
            refuses_second_connection("catch_up", "cannot send", server)
        })
        .slow(),
        on_postgresql("header", |url| shows_on_postgresql("catch_up", url)),
        on_postgresql("cut_off", |url| async move {
            let schema = Schema::create(&url).await?;
            schema.remove_after(cut_off(&schema).await).await
        }),
        on_postgresql("silent", |url| async move {
            let schema = Schema::create(&url).await?;
            schema.remove_after(silent(&schema).await).await
        })
        .slow(),
        on_postgresql("late_commit", |url| async move {
            let schema = Schema::create(&url).await?;
            schema.remove_after(late_commit(&schema).await).await
        }),
        on_postgresql("in_order", |url| async move {
            let schema = Schema::create(&url).await?;
            schema.remove_after(in_order(&schema).await).await
        }),
        on_postgresql("refused_commit", |url| async move {
            let schema = Schema::create(&url).await?;
            schema.remove_after(refused_commit(&schema).await).await
        }),
        scenario("no_answer", no_answer).slow(),
    ]
}

/// A subscriber is waiting for news when its connection is cut, and is not
/// polled again before a message was sent: the cut itself makes it read.
async fn cut_off(schema: &Schema) -> Result<()> {
    let pool = messages(schema).await?;
    let mut subscriber = Subscriber::new(&pool, &schema.name, 0).await?;
    let process: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
        .fetch_one(&mut subscriber.listener)
        .await?;
    let mut next = pin!(subscriber.next());
    let news = timeout(Duration::from_secs(1), &mut next).await;
    ensure!(news.is_err(), "it has received {news:?}");

    sqlx::query("SELECT pg_terminate_backend($1, 5000)")
        .bind(process)
        .execute(&pool)
        .await?;
    example::send(&pool, &schema.name, &["one"]).await?;
    let ids = timeout(Duration::from_secs(5), next).await;
    let ids = ids.context("it has missed the message")??;
    ensure!(ids == [1], "it has received {ids:?}");
    Ok(())
}

/// The subscriber's connection goes silent while it waits: it learns this within
/// a few seconds, and another subscriber gets the message.
async fn silent(schema: &Schema) -> Result<()> {
    let (relay, through) = Relay::to_postgres(&schema.url)?;
    let pool = messages(schema).await?;
    let through = PgPool::connect(&through).await?;
    let mut subscriber = Subscriber::new(&through, &schema.name, 0).await?;
    let mut next = pin!(subscriber.next());
    let news = timeout(Duration::from_millis(300), &mut next).await;
    ensure!(news.is_err(), "it has received {news:?}");

    relay.go_silent();
    example::send(&pool, &schema.name, &["one"]).await?;
    let news = timeout(Duration::from_secs(15), next).await;
    let news = news.context("it waits on a silent connection")?;
    ensure!(news.is_err(), "it has received {news:?}");
    let mut another = Subscriber::new(&pool, &schema.name, 0).await?;
    let ids = another.next().await?;
    ensure!(ids == [1], "another one has received {ids:?}");
    Ok(())
}

/// A sender that takes half a second to commit: the next one waits, since a
/// subscriber would not look back for the first one's message. The subscriber, which
/// by itself looks every 10 s, is told of both.
async fn late_commit(schema: &Schema) -> Result<()> {
    let pool = messages(schema).await?;
    pool.execute(
        "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS
             'BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END';
         CREATE TRIGGER dawdle AFTER INSERT ON messages
             FOR EACH ROW WHEN (NEW.body = 'slow') EXECUTE FUNCTION dawdle()",
    )
    .await?;
    let mut subscriber = Subscriber::new(&pool, &schema.name, 0).await?;
    let mut senders = JoinSet::new();
    for body in ["slow", "fast"] {
        let (pool, channel) = (pool.clone(), schema.name.clone());
        senders.spawn(async move { example::send(&pool, &channel, &[body]).await });
        sleep(Duration::from_millis(100)).await;
    }
    let mut ids = Vec::new();
    while ids.len() < 2 {
        let more = timeout(Duration::from_secs(5), subscriber.next()).await;
        ids.extend(more.with_context(|| format!("within 5 s it has received only {ids:?}"))??);
    }
    ensure!(ids == [1, 2], "it has received {ids:?}");
    Ok(())
}

/// The ids come in their order, whatever the order of the table: so the last one is
/// the largest.
async fn in_order(schema: &Schema) -> Result<()> {
    let pool = messages(schema).await?;
    pool.execute(
        "INSERT INTO messages (id, body) OVERRIDING SYSTEM VALUE
             VALUES (12, 'b'), (13, 'c'), (11, 'a')",
    )
    .await?;
    let mut subscriber = Subscriber::new(&pool, &schema.name, 0).await?;
    let ids = subscriber.next().await?;
    ensure!(ids == [11, 12, 13], "11, 12, 13 are expected, not {ids:?}");
    Ok(())
}

/// A commit that the server refuses, here by a trigger, is an error.
async fn refused_commit(schema: &Schema) -> Result<()> {
    let pool = messages(schema).await?;
    pool.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
             'BEGIN RAISE EXCEPTION ''refused''; END';
         CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON messages
             DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()",
    )
    .await?;
    let sent = example::send(&pool, &schema.name, &["one"]).await;
    ensure!(
        sent.is_err(),
        "a commit that is refused is to be an error, not {sent:?}"
    );
    Ok(())
}

/// A server accepts a connection and says nothing: neither a sender nor a subscriber
/// waits for more than a few seconds.
async fn no_answer() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("postgres://ann@{}/shop", listener.local_addr()?);
    let pool = PgPool::connect_lazy(&url)?;
    let limit = Duration::from_secs(5);
    let (sent, subscribed) = tokio::join!(
        timeout(limit, example::send(&pool, "news", &["one"])),
        timeout(limit, Subscriber::new(&pool, "news", 0))
    );
    ensure!(
        matches!(sent, Ok(Err(_))),
        "a sender is to have an error within {limit:?}: {sent:?}"
    );
    ensure!(
        matches!(subscribed, Ok(Err(_))),
        "a subscriber is to have an error within {limit:?}"
    );
    Ok(())
}

async fn messages(schema: &Schema) -> Result<PgPool> {
    let pool = PgPoolOptions::new().connect(&schema.url).await?;
    pool.execute("CREATE TABLE messages (id BIGINT GENERATED ALWAYS AS IDENTITY, body TEXT)")
        .await?;
    Ok(pool)
}
