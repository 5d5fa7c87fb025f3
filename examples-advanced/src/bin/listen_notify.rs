//! Send messages between processes through PostgreSQL, with `LISTEN`/`NOTIFY`.
//!
//! `NOTIFY` sends a short text to every connection that listens to a channel
//! at that moment, on any machine. PostgreSQL sends it when the transaction
//! commits, and does not store it. So of the five orders below, three do not
//! arrive: one is sent before anybody listens, one is rolled back, and one is
//! sent while the listener's connection is lost. `PgListener` then connects
//! and listens again. After a lost connection, `try_recv` returns `None`;
//! `recv` keeps waiting. The text must be shorter than 8000 bytes, so send
//! an id instead of the data.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin listen_notify
//! Error: LISTEN needs PostgreSQL: DATABASE_URL=postgres://user:password@host/database
//! # exit 1
//! ```
//!
//! If `DATABASE_URL` names a PostgreSQL server:
//!
//! ```text
//! $ cargo run -p examples-advanced --bin listen_notify
//! database: [..]
//! order 1, sent before anybody listens: received []
//! order 2, sent to a listener: received ["order 2"]
//! order 3, rolled back: received []
//! order 4, sent while the connection is lost: received None
//! order 5, sent afterwards: received ["order 5"]
//! ```
//!
//! To never miss a message, see `catch_up`.
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

use anyhow::{anyhow, bail, ensure};
use sqlx::postgres::{PgConnectOptions, PgListener};
use sqlx::{Connection, PgConnection};
use tokio::time::timeout;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Ok(url) = env::var("DATABASE_URL") else {
        bail!("LISTEN needs PostgreSQL: DATABASE_URL=postgres://user:password@host/database");
    };
    let options = postgres_options(&url)?;
    let mut shop = timeout(CONNECT_TIMEOUT, PgConnection::connect_with(&options))
        .await
        .map_err(|_| anyhow!("DATABASE_URL: no answer within {CONNECT_TIMEOUT:?}"))?
        .map_err(|error| anyhow!("DATABASE_URL: {error}"))?;
    // All programs that use this database share its channels. With a random
    // name, two runs do not meet.
    let channel: String = sqlx::query_scalar("SELECT 'orders_' || md5(random()::text)")
        .fetch_one(&mut shop)
        .await?;
    // A listener tries to connect for 30 s, and does not say why it cannot.
    let mut listener = timeout(CONNECT_TIMEOUT, PgListener::connect(&url))
        .await
        .map_err(|_| anyhow!("DATABASE_URL: no second connection within {CONNECT_TIMEOUT:?}"))??;

    notify(&mut shop, &channel, "order 1").await?;
    listener.listen(&channel).await?;
    report("order 1, sent before anybody listens", &mut listener).await?;

    notify(&mut shop, &channel, "order 2").await?;
    report("order 2, sent to a listener", &mut listener).await?;

    let mut transaction = shop.begin().await?;
    notify(&mut transaction, &channel, "order 3").await?;
    transaction.rollback().await?;
    report("order 3, rolled back", &mut listener).await?;

    cut_off(&mut listener, &mut shop).await?;
    notify(&mut shop, &channel, "order 4").await?;
    let news = listener.try_recv().await?;
    println!("order 4, sent while the connection is lost: received {news:?}");

    notify(&mut shop, &channel, "order 5").await?;
    report("order 5, sent afterwards", &mut listener).await
}

async fn notify(shop: &mut PgConnection, channel: &str, message: &str) -> sqlx::Result<()> {
    // The statement `NOTIFY` takes no parameters, but this function does.
    sqlx::query("SELECT pg_notify($1, $2)")
        .bind(channel)
        .bind(message)
        .execute(shop)
        .await?;
    Ok(())
}

/// Prints the messages that come until 200 ms pass without one.
async fn report(name: &str, listener: &mut PgListener) -> anyhow::Result<()> {
    let mut received = Vec::new();
    while let Ok(message) = timeout(Duration::from_millis(200), listener.recv()).await {
        received.push(message?.payload().to_string());
    }
    println!("{name}: received {received:?}");
    Ok(())
}

/// Makes the server close the listener's connection, and waits up to 5000 ms
/// until it is closed.
async fn cut_off(listener: &mut PgListener, shop: &mut PgConnection) -> sqlx::Result<()> {
    // The server has a process for each connection. This is its number.
    let process: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
        .fetch_one(listener)
        .await?;
    sqlx::query("SELECT pg_terminate_backend($1, 5000)")
        .bind(process)
        .execute(shop)
        .await?;
    Ok(())
}

/// Reads the address of a PostgreSQL, and says which one it is.
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
