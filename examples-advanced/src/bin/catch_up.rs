//! Miss no message: keep messages in a PostgreSQL table, and catch up.
//!
//! A subscriber receives four messages, though two were sent before it was
//! there. Each message is a row. A notification only says that there is a new
//! row. The subscriber reads the rows after its last one: at the start, at each
//! notification, and when the connection was lost.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin catch_up
//! Error: LISTEN needs PostgreSQL: DATABASE_URL=postgres://user:password@host/database
//! # exit 1
//! ```
//!
//! With `DATABASE_URL` set, it works in a schema of its own:
//!
//! ```text
//! $ cargo run -p examples-advanced --bin catch_up
//! database: [..]
//! at the start: [1, 2]
//! at a notification: [3, 4]
//! ```
//!
//! For `LISTEN` and `NOTIFY` alone, see `listen_notify`. To commit data and its
//! message together, see `outbox`. The part to reuse starts at `send`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add anyhow
//! cargo add sqlx --no-default-features -F postgres,runtime-tokio
//! cargo add tokio -F macros,rt-multi-thread,time
//! ```

use std::env;
use std::time::Duration;

use anyhow::{Context, anyhow, bail, ensure};
use sqlx::postgres::{PgConnectOptions, PgListener};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, PgPool};
use tokio::time::timeout;

const MESSAGES: &str = "messages (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body TEXT)";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Ok(url) = env::var("DATABASE_URL") else {
        bail!("LISTEN needs PostgreSQL: DATABASE_URL=postgres://user:password@host/database");
    };
    let options = postgres_options(&url)?;
    let mut database = timeout(TIMEOUT, PgConnection::connect_with(&options))
        .await
        .map_err(|_| anyhow!("DATABASE_URL: no answer within {TIMEOUT:?}"))?
        .map_err(|error| anyhow!("DATABASE_URL: {error}"))?;
    let name: String = sqlx::query_scalar("SELECT 'messages_' || md5(random()::text)")
        .fetch_one(&mut database)
        .await?;
    let create = format!("CREATE SCHEMA {name}; CREATE TABLE {name}.{MESSAGES}");
    database.execute(AssertSqlSafe(create)).await?;
    let pool = PgPool::connect_lazy_with(options.options([("search_path", &name)]));
    let done = demonstrate(&pool, &name).await;
    let remove = AssertSqlSafe(format!("DROP SCHEMA {name} CASCADE"));
    database.execute(remove).await?;
    done
}

async fn demonstrate(pool: &PgPool, channel: &str) -> anyhow::Result<()> {
    send(pool, channel, &["one", "two"]).await?;
    let mut subscriber = Subscriber::new(pool, channel, 0).await?;
    println!("at the start: {:?}", subscriber.next().await?);
    let sent = send(pool, channel, &["three", "four"]);
    let (messages, ()) = tokio::try_join!(subscriber.next(), sent)?;
    println!("at a notification: {messages:?}");
    Ok(())
}

fn postgres_options(url: &str) -> anyhow::Result<PgConnectOptions> {
    let scheme = url.split(':').next().unwrap_or_default();
    ensure!(
        matches!(scheme, "postgres" | "postgresql"),
        "DATABASE_URL: {scheme} is not supported; give postgres://user:password@host/database"
    );
    let options: PgConnectOptions = url
        .parse()
        .map_err(|error| anyhow!("DATABASE_URL: {error}"))?;
    let database = options.get_database().unwrap_or_default();
    println!("database: postgres {}/{database}", options.get_host());
    Ok(options)
}

pub async fn send(pool: &PgPool, channel: &str, bodies: &[&str]) -> anyhow::Result<()> {
    const INSERT: &str = "INSERT INTO messages (body) SELECT unnest($1::text[])";
    const NOTIFY: &str = "SELECT pg_notify($1, '')";
    let send = async {
        let mut tx = pool.begin().await?;
        // Senders take turns. Otherwise message 8 may be committed before 7,
        // and a subscriber that has read 8 would not look back for 7.
        tx.execute("LOCK messages IN EXCLUSIVE MODE").await?;
        sqlx::query(INSERT).bind(bodies).execute(&mut *tx).await?;
        sqlx::query(NOTIFY).bind(channel).execute(&mut *tx).await?;
        tx.commit().await
    };
    Ok(timeout(TIMEOUT, send).await.context("cannot send")??)
}

pub struct Subscriber {
    pub listener: PgListener,
    last: i64,
}

impl Subscriber {
    /// Continues after the message `last`.
    pub async fn new(pool: &PgPool, channel: &str, last: i64) -> anyhow::Result<Self> {
        let mut listener = timeout(TIMEOUT, PgListener::connect_with(pool)).await??;
        timeout(TIMEOUT, listener.listen(channel)).await??;
        Ok(Self { listener, last })
    }

    /// Waits for messages; returns their ids. After an error, create another
    /// subscriber.
    pub async fn next(&mut self) -> anyhow::Result<Vec<i64>> {
        const NEW: &str = "SELECT id FROM messages WHERE id > $1 ORDER BY id";
        loop {
            // The listener's own connection reads: a silent one fails.
            let new = sqlx::query_scalar(NEW).bind(self.last);
            let ids: Vec<i64> = timeout(TIMEOUT, new.fetch_all(&mut self.listener)).await??;
            if let Some(&last) = ids.last() {
                self.last = last;
                return Ok(ids);
            }
            // Read again in any case: the connection may have been lost.
            let _news = timeout(POLL_INTERVAL, self.listener.try_recv()).await;
        }
    }
}

const TIMEOUT: Duration = Duration::from_secs(3);
const POLL_INTERVAL: Duration = Duration::from_secs(10);
