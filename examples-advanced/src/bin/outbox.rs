//! Commit a row and its event together, in an outbox, and publish it later.
//!
//! Two systems cannot commit as one. A shop that commits an order and then
//! publishes it loses the event if it is killed in between. With an outbox the
//! event is a row of the same transaction, published when the shop is up again.
//! It goes out once more if the shop is killed before it has noted the broker's
//! answer, so the receiver knows events by their ids: once in effect.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin outbox
//! broken: killed when order 2 is committed and not published
//! broken: orders [1, 2, 3], events [1, 3]
//! fixed: killed when order 5 is committed and not published
//! fixed: killed when order 6 is published and this is not noted
//! fixed: orders [4, 5, 6, 7], events [4, 5, 6, 6, 7], in effect {4, 5, 6, 7}
//! ```
//!
//! It runs on SQLite, or on the PostgreSQL that `DATABASE_URL` names.
//!
//! Copy it with `cargo add sqlx --no-default-features -F
//! any,postgres,runtime-tokio,sqlite-bundled`, `cargo add anyhow` and
//! `cargo add tokio -F io-util,macros,net,process,rt-multi-thread`.

use std::collections::BTreeSet;
use std::{env, fs, process};

use anyhow::ensure;
use sqlx::any::install_default_drivers;
use sqlx::{AnyConnection, AssertSqlSafe, Connection};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    install_default_drivers();
    let url = env::var("DATABASE_URL").ok();
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let (Some(url), [way, order, broker]) = (&url, &arguments[..]) {
        return shop(url, way == "fixed", order.parse()?, broker).await;
    }
    let own = format!("outbox_{}", process::id());
    if let Some(url) = url {
        let mut database = AnyConnection::connect(&url).await?;
        let create = AssertSqlSafe(format!("CREATE SCHEMA {own}"));
        sqlx::query(create).execute(&mut database).await?;
        let sign = if url.contains('?') { '&' } else { '?' };
        let inside = format!("{url}{sign}options[search_path]={own}");
        let done = show(&inside).await;
        let drop = AssertSqlSafe(format!("DROP SCHEMA {own} CASCADE"));
        sqlx::query(drop).execute(&mut database).await?;
        return done;
    }
    let folder = env::temp_dir().join(own);
    fs::create_dir(&folder)?;
    let file = folder.join("shop.db");
    let done = show(&format!("sqlite:{}?mode=rwc", file.display())).await;
    fs::remove_dir_all(folder)?;
    done
}

/// The shop: takes one order. Each call is a process, which can be killed.
async fn shop(url: &str, fixed: bool, order: i64, broker: &str) -> anyhow::Result<()> {
    let mut database = AnyConnection::connect(url).await?;
    for create in [
        "CREATE TABLE IF NOT EXISTS orders (id BIGINT PRIMARY KEY)",
        "CREATE TABLE IF NOT EXISTS outbox (order_id BIGINT PRIMARY KEY)",
    ] {
        sqlx::query(create).execute(&mut database).await?;
    }
    if fixed {
        relay(&mut database, broker).await?;
        take(&mut database, order).await?;
        relay(&mut database, broker).await
    } else {
        let insert = "INSERT INTO orders VALUES ($1)";
        sqlx::query(insert)
            .bind(order)
            .execute(&mut database)
            .await?;
        publish(broker, order).await
    }
}

async fn take(database: &mut AnyConnection, order: i64) -> sqlx::Result<()> {
    let mut transaction = database.begin().await?;
    for insert in [
        "INSERT INTO orders VALUES ($1)",
        "INSERT INTO outbox VALUES ($1)",
    ] {
        sqlx::query(insert)
            .bind(order)
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await
}

/// Publishes what is in the outbox, in order.
async fn relay(database: &mut AnyConnection, broker: &str) -> anyhow::Result<()> {
    let pending = "SELECT order_id FROM outbox ORDER BY order_id";
    let pending: Vec<i64> = sqlx::query_scalar(pending)
        .fetch_all(&mut *database)
        .await?;
    for order in pending {
        publish(broker, order).await?;
        // Not before the answer, or a kill between the two would lose it.
        let delete = "DELETE FROM outbox WHERE order_id = $1";
        sqlx::query(delete)
            .bind(order)
            .execute(&mut *database)
            .await?;
    }
    Ok(())
}

/// Returns when the broker has said that it has the event.
async fn publish(broker: &str, order: i64) -> anyhow::Result<()> {
    let mut stream = TcpStream::connect(broker).await?;
    stream.write_all(format!("{order}\n").as_bytes()).await?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).await?;
    ensure!(answer == "ok\n", "the broker has not taken order {order}");
    Ok(())
}

async fn show(url: &str) -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let mut broker = Broker {
        listener,
        events: Vec::new(),
    };
    broker.serve(url, "broken", 1, Kill::Never).await?;
    broker.serve(url, "broken", 2, Kill::BeforeEvent).await?;
    broker.serve(url, "broken", 3, Kill::Never).await?;
    let orders = orders(url).await?;
    println!("broken: orders {orders:?}, events {:?}", broker.events);

    broker.events.clear();
    broker.serve(url, "fixed", 4, Kill::Never).await?;
    broker.serve(url, "fixed", 5, Kill::BeforeEvent).await?;
    broker.serve(url, "fixed", 6, Kill::BeforeAnswer).await?;
    broker.serve(url, "fixed", 7, Kill::Never).await?;
    let effects: BTreeSet<&i64> = broker.events.iter().collect();
    let orders = &self::orders(url).await?[3..];
    print!("fixed: orders {orders:?}, events {:?}", broker.events);
    println!(", in effect {effects:?}");
    Ok(())
}

async fn orders(url: &str) -> sqlx::Result<Vec<i64>> {
    let mut database = AnyConnection::connect(url).await?;
    let orders = sqlx::query_scalar("SELECT id FROM orders ORDER BY id");
    let orders = orders.fetch_all(&mut database).await?;
    database.close().await?;
    Ok(orders)
}

/// When to kill the shop.
#[derive(PartialEq)]
enum Kill {
    Never,
    BeforeEvent,
    BeforeAnswer,
}

struct Broker {
    listener: TcpListener,
    events: Vec<i64>,
}

impl Broker {
    /// Starts a shop that takes an order, and takes its events until it ends.
    async fn serve(&mut self, url: &str, way: &str, order: i64, kill: Kill) -> anyhow::Result<()> {
        let broker = self.listener.local_addr()?.to_string();
        let mut shop = Command::new(env::current_exe()?)
            .args([way, &order.to_string(), &broker])
            .env("DATABASE_URL", url)
            .kill_on_drop(true)
            .spawn()?;
        loop {
            let accepted = tokio::select! {
                status = shop.wait() => {
                    ensure!(status?.success(), "the shop has failed");
                    return Ok(());
                }
                accepted = self.listener.accept() => accepted?,
            };
            if kill == Kill::BeforeEvent {
                print!("{way}: killed when order {order} is committed ");
                println!("and not published");
                return Ok(shop.kill().await?);
            }
            let mut stream = BufReader::new(accepted.0);
            let mut event = String::new();
            stream.read_line(&mut event).await?;
            let event = event.trim().parse()?;
            self.events.push(event);
            if kill == Kill::BeforeAnswer && event == order {
                print!("{way}: killed when order {order} is published ");
                println!("and this is not noted");
                return Ok(shop.kill().await?);
            }
            stream.write_all(b"ok\n").await?;
        }
    }
}
