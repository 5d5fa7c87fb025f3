//! The database examples on a server, with faults, and cut off at every place.

use std::collections::BTreeSet;
use std::future::{pending, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use libtest_mimic::Trial;
use sqlx::any::AnyPoolOptions;
use sqlx::postgres::PgPoolOptions;
use sqlx::{AnyConnection, AnyPool, AssertSqlSafe, Connection, Executor, PgPool};
use tests::Header;
use tests::repository::build_changed;
use tests::suite::Company;
use tests::terminal::Terminal;
use tests::transcript::{self, Checked, Conditions};
use tests::workspace::{binary, root};
use tokio::net::TcpListener;
use tokio::task::{JoinSet, yield_now};
use tokio::time::{sleep, timeout};

use super::advanced::{Schema, connect, on_postgresql, sqlite};
use super::scenario;
use catch_up::Subscriber;
use outbox::{Answer, relay, take_order};
use transaction_retry::{deposit, try_deposit};

#[path = "../../examples-advanced/src/bin/catch_up.rs"]
#[expect(dead_code, reason = "its scene is not part of the scenario")]
mod catch_up;
#[path = "../../examples-advanced/src/bin/outbox.rs"]
#[expect(dead_code, reason = "its scene is not part of the scenario")]
mod outbox;
#[path = "../../examples-advanced/src/bin/transaction_retry.rs"]
#[expect(dead_code, reason = "its scene is not part of the scenario")]
mod transaction_retry;

/// Examples that use `DATABASE_URL`.
const EXAMPLES: [&str; 6] = [
    "catch_up",
    "listen_notify",
    "outbox",
    "pool",
    "row_stream",
    "transaction",
];

pub fn tests() -> Vec<Trial> {
    vec![
        scenario("advanced::database_is_not_there", database_is_not_there),
        scenario("advanced::database_is_silent", database_is_silent),
        on_postgresql("listen_notify", Company::Any, |url| {
            shows_on_postgresql("listen_notify", url)
        }),
        on_postgresql("catch_up", Company::Any, |url| {
            shows_on_postgresql("catch_up", url)
        }),
        on_postgresql("catch_up_cut_off", Company::Any, |url| async move {
            let schema = Schema::create(&url).await?;
            schema.remove_after(cut_off(&schema).await).await
        }),
        on_postgresql("catch_up_late_commit", Company::Any, |url| async move {
            let schema = Schema::create(&url).await?;
            schema.remove_after(late_commit(&schema).await).await
        }),
        on_postgresql("bulk_insert", Company::Any, insert_in_bulk),
        scenario("advanced::transaction_retry::sqlite", || async {
            let folder = tempfile::tempdir()?;
            deposit_together(&sqlite(&folder), "BEGIN").await
        }),
        on_postgresql(
            "transaction_retry::postgresql",
            Company::Any,
            |url| async move {
                let schema = Schema::create(&url).await?;
                schema.remove_after(lose_and_retry(&schema.url).await).await
            },
        ),
        scenario("advanced::outbox_cut_off::sqlite", || async {
            let folder = tempfile::tempdir()?;
            cut_off_shop(&sqlite(&folder)).await
        }),
        on_postgresql(
            "outbox_cut_off::postgresql",
            Company::Any,
            |url| async move {
                let schema = Schema::create(&url).await?;
                schema.remove_after(cut_off_shop(&schema.url).await).await
            },
        ),
        scenario("advanced::outbox_brokers", broker_fails),
    ]
}

/// Each names the variable, the database and the reason, soon and without the
/// password.
async fn database_is_not_there() -> Result<()> {
    for example in EXAMPLES {
        let output = fails(example, "mysql://ann:secret@127.0.0.1/shop")?;
        ensure!(
            output.contains("DATABASE_URL") && output.contains("mysql"),
            "{example}: {output}"
        );
        let output = fails(example, "postgres://ann:secret@127.0.0.1:9/shop")?;
        ensure!(
            output.contains("127.0.0.1/shop") && output.contains("DATABASE_URL"),
            "{example}: {output}"
        );
    }
    Ok(())
}

/// A server that accepts a connection and says nothing.
async fn database_is_silent() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("postgres://ann:secret@{}/shop", listener.local_addr()?);
    let output = fails("pool", &url)?;
    ensure!(output.contains("no answer within 3s"), "{output}");
    Ok(())
}

/// Runs an example, which has to fail within a few seconds; returns what it
/// prints.
fn fails(example: &str, url: &str) -> Result<String> {
    let mut terminal = Terminal::open()?;
    terminal.set("DATABASE_URL", url);
    let mut lines = Vec::new();
    let mut job = terminal.start(&format!("exec '{}'", binary(example)?.display()))?;
    let deadline = Instant::now() + Duration::from_secs(6);
    let status = terminal.wait(&mut job, deadline, &mut lines)?;
    let lines: Vec<String> = lines.into_iter().map(|line| line.text).collect();
    let output = lines.join("\n");
    let status = status.with_context(|| format!("{example} runs on: {output}"))?;
    ensure!(status == 1, "{example}: status {status}: {output}");
    ensure!(!output.contains("secret"), "{example}: {output}");
    Ok(output)
}

/// The transcript that a header shows for those who have a server.
async fn shows_on_postgresql(name: &str, url: String) -> Result<()> {
    let file = format!("examples-advanced/src/bin/{name}.rs");
    let source = std::fs::read_to_string(root().join(&file))?;
    let header = Header::parse(&source.replace("```text", "```console"))?;
    let [_, with_server] = &header.transcripts[..] else {
        bail!("{file}: one transcript without a server, and one with it");
    };
    let conditions = Conditions {
        variables: &[("DATABASE_URL", &url)],
        slack: transcript::slack()?,
    };
    let checked = transcript::check(&file, with_server, conditions, |report| {
        eprintln!("a slow run, to be done again: {report}");
        Ok(())
    })?;
    ensure!(
        checked == Checked::Right,
        "other processes held up five runs"
    );
    Ok(())
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
    let news = timeout(Duration::from_millis(300), &mut next).await;
    ensure!(news.is_err(), "it has received {news:?}");

    sqlx::query("SELECT pg_terminate_backend($1, 5000)")
        .bind(process)
        .execute(&pool)
        .await?;
    catch_up::send(&pool, &schema.name, &["one"]).await?;
    let ids = timeout(Duration::from_secs(10), next).await;
    let ids = ids.context("it has missed the message")??;
    ensure!(ids == [1], "it has received {ids:?}");
    Ok(())
}

/// A sender that takes half a second to commit: the next one waits, since a
/// subscriber would not look back for the first one's message.
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
        senders.spawn(async move { catch_up::send(&pool, &channel, &[body]).await });
        sleep(Duration::from_millis(100)).await;
    }
    let mut ids = Vec::new();
    while ids.len() < 2 {
        let more = timeout(Duration::from_secs(10), subscriber.next()).await;
        ids.extend(more.with_context(|| format!("only {ids:?}"))??);
    }
    ensure!(ids == [1, 2], "it has received {ids:?}");
    Ok(())
}

async fn messages(schema: &Schema) -> Result<PgPool> {
    let pool = PgPoolOptions::new().connect(&schema.url).await?;
    pool.execute("CREATE TABLE messages (id BIGINT GENERATED ALWAYS AS IDENTITY, body TEXT)")
        .await?;
    Ok(pool)
}

/// The same code with a connection of PostgreSQL.
async fn insert_in_bulk(url: String) -> Result<()> {
    let connection = format!("const URL: &str = {url:?};");
    let changes = [
        (
            "const URL: &str = \"sqlite::memory:\";",
            connection.as_str(),
        ),
        (
            "type Database = SqliteConnection;",
            "type Database = sqlx::PgConnection;",
        ),
    ];
    let copy = build_changed(root(), "examples-advanced", "bulk_insert", &changes)?;
    let output = std::process::Command::new(copy.path().join("bulk_insert")).output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    ensure!(said.contains("50000 rows in the table"), "{said}");
    Ok(())
}

/// On PostgreSQL a plain `BEGIN` loses one of two deposits without an error, and
/// a serializable transaction refuses one. On a busy machine the two may miss
/// each other, so there are several tries.
async fn lose_and_retry(url: &str) -> Result<()> {
    const SERIALIZABLE: &str = "BEGIN ISOLATION LEVEL SERIALIZABLE";
    const TRIES: usize = 10;
    let mut lost = false;
    for _ in 0..TRIES {
        let pool = account(url).await?;
        let both = tokio::join!(try_deposit(&pool, "BEGIN"), try_deposit(&pool, "BEGIN"));
        ensure!(both.0.is_ok() && both.1.is_ok(), "refused: {both:?}");
        lost |= balance(&pool).await? == 110;
        pool.close().await;
        if lost {
            break;
        }
    }
    ensure!(lost, "a plain BEGIN loses no deposit");

    let mut refused = false;
    for _ in 0..TRIES {
        let pool = account(url).await?;
        let (one, other) = tokio::join!(
            try_deposit(&pool, SERIALIZABLE),
            try_deposit(&pool, SERIALIZABLE)
        );
        ensure!(one.is_ok() || other.is_ok(), "{one:?}, {other:?}");
        let made = i64::from(one.is_ok()) + i64::from(other.is_ok());
        let balance = balance(&pool).await?;
        ensure!(balance == 100 + 10 * made, "made {made}: {balance}");
        refused |= made == 1;
        pool.close().await;
        if refused {
            break;
        }
    }
    ensure!(refused, "a serializable transaction refuses no deposit");
    deposit_together(url, SERIALIZABLE).await
}

/// Six deposits at the same moment: each is made, and once.
async fn deposit_together(url: &str, begin: &'static str) -> Result<()> {
    let pool = account(url).await?;
    let mut deposits = JoinSet::new();
    for _ in 0..6 {
        let pool = pool.clone();
        deposits.spawn(async move { deposit(&pool, begin).await });
    }
    while let Some(done) = deposits.join_next().await {
        done??;
    }
    let balance = balance(&pool).await?;
    ensure!(balance == 160, "the balance is {balance}");
    pool.close().await;
    Ok(())
}

async fn account(url: &str) -> Result<AnyPool> {
    connect(url).await?.close().await?;
    // Open from the start, so that two deposits read before either writes.
    let pool = AnyPoolOptions::new()
        .min_connections(2)
        .connect(url)
        .await?;
    pool.execute("DROP TABLE IF EXISTS account").await?;
    pool.execute("CREATE TABLE account AS SELECT CAST(100 AS BIGINT) AS balance")
        .await?;
    Ok(pool)
}

async fn balance(pool: &AnyPool) -> Result<i64> {
    let balance = sqlx::query_scalar("SELECT balance FROM account");
    Ok(balance.fetch_one(pool).await?)
}

/// A shop that is cut off wherever it waits, one place after the other, each
/// time with another order: what it has committed is published, and nothing
/// else. A last shop publishes what the others have left.
async fn cut_off_shop(url: &str) -> Result<()> {
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
    // How often a shop waits for a server depends on the machine; for SQLite it is
    // the same each time.
    if url.starts_with("sqlite") {
        ensure!(
            !orders.contains(&1),
            "none is cut off before it is committed"
        );
        ensure!(
            published.len() < events.len(),
            "none is cut off before its note"
        );
    }
    let pending = ids(&mut shop, "SELECT id FROM outbox").await?;
    ensure!(pending.is_empty(), "still pending: {pending:?}");
    Ok(shop.close().await?)
}

/// A broker's answer, which takes a while.
async fn answer(answer: Answer) -> Result<Answer> {
    for _ in 0..5 {
        yield_now().await;
    }
    Ok(answer)
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
/// One that refuses an event gets the others; the event is set aside. And a
/// relay can be spawned.
async fn broker_fails() -> Result<()> {
    let mut shop = connect("sqlite::memory:").await?;
    create_tables(&mut shop).await?;
    take_order(&mut shop, 1).await?;
    let start = Instant::now();
    relay(&mut shop, |_| pending()).await?;
    let took = start.elapsed();
    ensure!(took < Duration::from_secs(5), "it waits for {took:?}");
    take_order(&mut shop, 2).await?;
    let pending = ids(&mut shop, "SELECT id FROM outbox").await?;
    ensure!(pending == [1, 2].into(), "pending: {pending:?}");

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

async fn create_tables(shop: &mut AnyConnection) -> Result<()> {
    let tables = outbox::TABLES.replace("TEMPORARY ", "");
    shop.execute(AssertSqlSafe(tables)).await?;
    Ok(())
}

async fn ids(shop: &mut AnyConnection, query: &'static str) -> Result<BTreeSet<i64>> {
    let ids: Vec<i64> = sqlx::query_scalar(query).fetch_all(shop).await?;
    Ok(ids.into_iter().collect())
}
