//! Send messages between machines through PostgreSQL with `LISTEN` and `NOTIFY`.
//!
//! A notification goes, when its transaction commits, to those who listen at
//! that moment, and to nobody afterwards. `PgListener` connects again when it
//! is cut off, and `recv` does not say so: what was sent meanwhile is lost. So
//! a message is a row, and the notification says only that there is one: a
//! subscriber reads all rows after its last, at the start, at a notification
//! and after a cut.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin listen_notify  # exit 1
//! Error: LISTEN needs PostgreSQL: DATABASE_URL=postgres://user:password@host/db
//! ```
//!
//! With one:
//!
//! ```text
//! $ cargo run -p examples-advanced --bin listen_notify
//! both have received [1, 2]
//! both are cut off while 3 and 4 are sent
//! broken: [1, 2, 5, 6]
//! fixed: [1, 2, 3, 4, 5, 6]
//! ```
//!
//! Copy it with `cargo add sqlx --no-default-features -F
//! postgres,runtime-tokio`, `cargo add tokio -F macros,rt-multi-thread` and
//! `cargo add anyhow`.

use std::{env, process};

use anyhow::bail;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use sqlx::{AssertSqlSafe, PgPool};

const SERVER: &str = "DATABASE_URL";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Ok(url) = env::var(SERVER) else {
        bail!("LISTEN needs PostgreSQL: {SERVER}=postgres://user:password@host/db");
    };
    // A schema of this run's own, and a channel of the same name: channels
    // belong to the whole database.
    let own = format!("listen_notify_{}", process::id());
    let options: PgConnectOptions = url.parse()?;
    let options = options.options([("search_path", &own)]);
    let pool = PgPoolOptions::new().connect_with(options).await?;
    let create = AssertSqlSafe(format!("CREATE SCHEMA {own}"));
    sqlx::query(create).execute(&pool).await?;
    let done = run(&pool, &own).await;
    let drop = AssertSqlSafe(format!("DROP SCHEMA {own} CASCADE"));
    sqlx::query(drop).execute(&pool).await?;
    done
}

async fn run(pool: &PgPool, channel: &str) -> anyhow::Result<()> {
    let create = "CREATE TABLE messages
                  (id bigint GENERATED ALWAYS AS IDENTITY, body text)";
    sqlx::query(create).execute(pool).await?;
    let (mut hears, mut reads) = (Vec::new(), Vec::new());
    let mut hearer = PgListener::connect_with(pool).await?;
    hearer.listen(channel).await?;
    let mut reader = PgListener::connect_with(pool).await?;
    reader.listen(channel).await?;

    send(pool, channel, ["one", "two"]).await?;
    for _ in 0..2 {
        broken(&mut hearer, &mut hears).await?;
        fixed(&mut reader, pool, &mut reads).await?;
    }
    println!("both have received {hears:?}");

    cut(&mut hearer, pool).await?;
    cut(&mut reader, pool).await?;
    send(pool, channel, ["three", "four"]).await?;
    println!("both are cut off while 3 and 4 are sent");
    broken(&mut hearer, &mut hears).await?;
    fixed(&mut reader, pool, &mut reads).await?;

    send(pool, channel, ["five", "six"]).await?;
    for _ in 0..2 {
        broken(&mut hearer, &mut hears).await?;
        fixed(&mut reader, pool, &mut reads).await?;
    }
    println!("broken: {hears:?}");
    println!("fixed: {reads:?}");
    Ok(())
}

async fn send(pool: &PgPool, channel: &str, bodies: [&str; 2]) -> sqlx::Result<()> {
    let mut transaction = pool.begin().await?;
    // Senders take turns, so that rows appear in the order of their ids: who
    // has read row 8 will not look for a row 7 that is committed later.
    sqlx::query("SELECT pg_advisory_xact_lock(hashtext($1))")
        .bind(channel)
        .execute(&mut *transaction)
        .await?;
    for body in bodies {
        let insert = "INSERT INTO messages (body) VALUES ($1) RETURNING id";
        let insert = sqlx::query_scalar::<_, i64>(insert).bind(body);
        let id = insert.fetch_one(&mut *transaction).await?;
        let notify = sqlx::query("SELECT pg_notify($1, $2)").bind(channel);
        notify
            .bind(id.to_string())
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await
}

async fn broken(listener: &mut PgListener, ids: &mut Vec<i64>) -> anyhow::Result<()> {
    // `recv` is this in a loop: it goes on as if nothing had been lost.
    if let Some(notification) = listener.try_recv().await? {
        ids.push(notification.payload().parse()?);
    }
    Ok(())
}

async fn fixed(listener: &mut PgListener, pool: &PgPool, ids: &mut Vec<i64>) -> anyhow::Result<()> {
    // Whatever the news is, the table has it. `None` says that the connection
    // was cut, and that we listen again: that is the moment to read, too.
    let _news = listener.try_recv().await?;
    let after = "SELECT id FROM messages WHERE id > $1 ORDER BY id";
    let after = sqlx::query_scalar::<_, i64>(after).bind(ids.last().unwrap_or(&0));
    ids.extend(after.fetch_all(pool).await?);
    Ok(())
}

/// Has the server close a listener's connection, and waits until it has.
async fn cut(listener: &mut PgListener, pool: &PgPool) -> sqlx::Result<()> {
    let id = sqlx::query_scalar::<_, i32>("SELECT pg_backend_pid()");
    let id = id.fetch_one(listener).await?;
    let cut = sqlx::query("SELECT pg_terminate_backend($1, 5000)").bind(id);
    cut.execute(pool).await?;
    Ok(())
}
