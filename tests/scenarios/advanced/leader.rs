//! `leader` on a server, with many that want to lead, connections that are cut, and
//! rows that are locked.

use std::pin::pin;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, Executor, PgConnection};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::scenarios::support::postgres::{
    Schema, on_own_postgresql, refuses_second_connection, refuses_silent_server,
    refuses_without_server, shows_on_postgresql,
};
use crate::scenarios::support::relay::Relay;
use crate::scenarios::support::runner::{Scenario, on_postgresql, scenario};
use example::{Leader, write};

#[path = "../../../examples-advanced/src/bin/leader.rs"]
#[expect(dead_code, reason = "its scene is not part of the scenario")]
mod example;

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("no_server", || refuses_without_server("leader")),
        scenario("silent_server", || refuses_silent_server("leader")),
        on_own_postgresql("one_connection", |server| {
            refuses_second_connection("leader", "too many connections", server)
        })
        .slow(),
        on_postgresql("header", |url| shows_on_postgresql("leader", url)),
        on_postgresql("one_a_term", |url| async move {
            let schema = Schema::create(&url).await?;
            schema.remove_after(one_a_term(&schema.url).await).await
        }),
        on_postgresql("two_schemas", |url| async move {
            let (one, other) = (Schema::create(&url).await?, Schema::create(&url).await?);
            let done = two_schemas(&one.url, &other.url).await;
            one.remove_after(other.remove_after(done).await).await
        }),
        on_postgresql("no_answer", |url| async move {
            let schema = Schema::create(&url).await?;
            schema.remove_after(no_answer(&schema.url).await).await
        })
        .slow(),
        on_postgresql("waits_for_writers", |url| async move {
            let schema = Schema::create(&url).await?;
            schema
                .remove_after(waits_for_writers(&schema.url).await)
                .await
        }),
        on_postgresql("silent", |url| async move {
            let schema = Schema::create(&url).await?;
            schema.remove_after(silent(&schema.url).await).await
        }),
        on_postgresql("lost_machine", |url| async move {
            let schema = Schema::create(&url).await?;
            schema.remove_after(lost_machine(&schema.url).await).await
        })
        .slow(),
    ]
}

/// A report is written and not yet committed when its leader is cut: the next
/// leader waits until it is, so its own reports come later.
async fn waits_for_writers(url: &str) -> Result<()> {
    let options: PgConnectOptions = url.parse()?;
    let mut database = PgConnection::connect(url).await?;
    database.execute(example::TABLES).await?;
    let old = Leader::new(&options).await?.context("nobody leads")?;
    let mut writer = PgConnection::connect(url).await?;
    let mut report = writer.begin().await?;
    let is_written = write(&mut report, old.term, "all is well").await?;
    ensure!(is_written, "the leader may not write");
    database.execute(example::CUT).await?;
    let mut new = pin!(Leader::new(&options));
    let early = timeout(Duration::from_millis(500), &mut new).await;
    ensure!(early.is_err(), "term 2 begins before the report of term 1");
    report.commit().await?;
    let new = new.await?.context("nobody leads")?;
    ensure!(new.term == 2, "it leads in term {}", new.term);
    Ok(database.close().await?)
}

/// Programs with tables of their own do not meet: each has its leader.
async fn two_schemas(one: &str, other: &str) -> Result<()> {
    let mut leaders = Vec::new();
    for url in [one, other] {
        let mut database = PgConnection::connect(url).await?;
        database.execute(example::TABLES).await?;
        database.close().await?;
        let leader = Leader::new(&url.parse()?).await?;
        leaders.push(leader.context("another program's leader is in the way")?);
    }
    for leader in &mut leaders {
        ensure!(leader.still_leads().await, "it does not lead");
    }
    Ok(())
}

/// Somebody has locked the row of the term: neither a writer nor a candidate waits
/// for more than a few seconds, and the candidate keeps no lock that others need.
async fn no_answer(url: &str) -> Result<()> {
    const LIMIT: Duration = Duration::from_secs(5);
    let options: PgConnectOptions = url.parse()?;
    let mut database = PgConnection::connect(url).await?;
    database.execute(example::TABLES).await?;
    let mut other = database.begin().await?;
    other.execute("UPDATE leader SET term = 0").await?;
    let mut writer = PgConnection::connect(url).await?;
    let (written, led) = tokio::join!(
        timeout(LIMIT, write(&mut writer, 0, "all is well")),
        timeout(LIMIT, Leader::new(&options))
    );
    ensure!(
        matches!(written, Ok(Err(_))),
        "a writer is to have an error within {LIMIT:?}: {written:?}"
    );
    ensure!(
        matches!(led, Ok(Err(_))),
        "a candidate is to have an error within {LIMIT:?}"
    );
    other.rollback().await?;
    // The server may still be at the candidate's statement.
    let begin = Instant::now();
    while Leader::new(&options).await?.is_none() {
        let took = begin.elapsed();
        ensure!(took < LIMIT, "nobody leads for {took:?}");
        sleep(Duration::from_millis(50)).await;
    }
    Ok(database.close().await?)
}

/// A leader whose connection has gone silent learns it within a few seconds.
async fn silent(url: &str) -> Result<()> {
    let mut database = PgConnection::connect(url).await?;
    database.execute(example::TABLES).await?;
    let (relay, through) = Relay::to_postgres(url)?;
    let leader = Leader::new(&through.parse()?).await?;
    let mut leader = leader.context("nobody leads")?;
    ensure!(leader.still_leads().await, "it does not lead");
    relay.go_silent();
    let leads = timeout(Duration::from_secs(5), leader.still_leads()).await;
    ensure!(
        leads == Ok(false),
        "it leads on a silent connection: {leads:?}"
    );
    Ok(database.close().await?)
}

/// A leader leads for as long as it asks. When its machine has lost its power,
/// the server does not learn it, and yet another one leads soon.
async fn lost_machine(url: &str) -> Result<()> {
    let options: PgConnectOptions = url.parse()?;
    let mut database = PgConnection::connect(url).await?;
    database.execute(example::TABLES).await?;
    let (relay, through) = Relay::to_postgres(url)?;
    let leader = Leader::new(&through.parse()?).await?;
    let mut leader = leader.context("nobody leads")?;
    for _ in 0..4 {
        sleep(Duration::from_secs(3)).await;
        ensure!(leader.still_leads().await, "it asks, and leads no more");
    }
    relay.go_silent();
    let begin = Instant::now();
    while Leader::new(&options).await?.is_none() {
        let took = begin.elapsed();
        ensure!(took < Duration::from_secs(14), "nobody leads for {took:?}");
        sleep(Duration::from_millis(100)).await;
    }
    Ok(database.close().await?)
}

/// Four try to lead, and write without asking whether they still do, while the
/// leader's connection is cut again and again: each term has reports of one of
/// them, and no report comes after one of a later term.
async fn one_a_term(url: &str) -> Result<()> {
    let options: PgConnectOptions = url.parse()?;
    let mut database = PgConnection::connect_with(&options).await?;
    database
        .execute(
            "CREATE TABLE leader AS SELECT 0::bigint AS term;
             CREATE TABLE reports (term BIGINT, body TEXT, id BIGINT GENERATED ALWAYS AS IDENTITY)",
        )
        .await?;
    let end = Instant::now() + Duration::from_secs(3);
    let mut candidates = JoinSet::new();
    for name in ["ann", "ben", "eve", "zoe"] {
        let options = options.clone();
        candidates.spawn(async move {
            let mut database = PgConnection::connect_with(&options).await?;
            while Instant::now() < end {
                let leader = match Leader::new(&options).await {
                    // Its connection may be cut while it is elected.
                    Err(error) if error.to_string().contains("terminating") => continue,
                    leader => leader?,
                };
                let Some(leader) = leader else {
                    sleep(Duration::from_millis(10)).await;
                    continue;
                };
                while write(&mut database, leader.term, name).await? && Instant::now() < end {}
            }
            Ok::<_, anyhow::Error>(database.close().await?)
        });
    }
    while Instant::now() < end {
        sleep(Duration::from_millis(100)).await;
        database.execute(example::CUT).await?;
    }
    while let Some(done) = candidates.join_next().await {
        done??;
    }
    let reports = "SELECT term, body FROM reports ORDER BY id";
    let reports: Vec<(i64, String)> = sqlx::query_as(reports).fetch_all(&mut database).await?;
    for pair in reports.windows(2) {
        let [(before, writer), (after, other)] = pair else {
            continue;
        };
        ensure!(
            before <= after,
            "a report of term {before}, then of {after}"
        );
        ensure!(
            before < after || writer == other,
            "{writer} and {other} in term {before}"
        );
    }
    let last = reports.last().map_or(0, |(term, _)| *term);
    ensure!(last >= 3, "only {last} terms");
    Ok(database.close().await?)
}
