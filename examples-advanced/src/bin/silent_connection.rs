//! Replace a database connection that has gone silent, with `after_release`.
//!
//! Three pools of one connection ask a database whose first connection goes
//! silent: no answer comes, and no error either. This happens when another
//! server takes over (a failover). `broken` waits forever. With `timeout`
//! alone, the silent connection goes back to the pool, which may open no other
//! one. `create_pool` tests each connection that comes back, and closes a
//! silent one. The next question gets a new connection.
//!
//! ```console
//! $ cargo run -p examples-advanced --bin silent_connection
//! broken: no answer for 1 s, and no error                 # 1 s
//! timeout alone: 0 of 3 questions answered                # 2.5 s
//! timeout and create_pool: 2 of 3 questions answered      # 3.1 s
//! ```
//!
//! To limit how many connections there are, see `pool`. The part to reuse
//! starts at `create_pool`. Each query needs a `timeout`, too.
//!
//! Copy it with
//!
//! ```sh
//! cargo add anyhow
//! cargo add sqlx --no-default-features -F postgres,runtime-tokio
//! cargo add tokio -F io-util,macros,net,rt-multi-thread,time
//! ```

use std::io;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use sqlx::{Connection, Executor, PgPool};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let pool = simple_pool(server().await?);
    if timeout(Duration::from_secs(1), broken(&pool))
        .await
        .is_err()
    {
        println!("broken: no answer for 1 s, and no error");
    }

    let pool = simple_pool(server().await?);
    println!(
        "timeout alone: {} of 3 questions answered",
        ask_3_times(&pool).await
    );

    let pool = create_pool(server().await?);
    println!(
        "timeout and create_pool: {} of 3 questions answered",
        ask_3_times(&pool).await
    );
    Ok(())
}

async fn broken(pool: &PgPool) -> sqlx::Result<()> {
    pool.execute("SELECT 1").await?;
    Ok(())
}

async fn ask_3_times(pool: &PgPool) -> usize {
    const QUERY_TIMEOUT: Duration = Duration::from_millis(500);
    let mut answers = 0;
    for _ in 0..3 {
        if let Ok(Ok(_)) = timeout(QUERY_TIMEOUT, pool.execute("SELECT 1")).await {
            answers += 1;
        }
    }
    answers
}

fn simple_pool(server: PgConnectOptions) -> PgPool {
    PgPoolOptions::new()
        .max_connections(1)
        .connect_lazy_with(server)
}

/// Stands for a PostgreSQL whose first connection goes silent after the login,
/// without being closed. The second one works.
async fn server() -> io::Result<PgConnectOptions> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(serve(listener));
    Ok(PgConnectOptions::new()
        .host("127.0.0.1")
        .port(port)
        .ssl_mode(PgSslMode::Disable))
}

async fn serve(listener: TcpListener) -> io::Result<()> {
    let _silent = log_in(&listener).await?;
    let mut client = log_in(&listener).await?;
    loop {
        // A message is a letter, a length and a text. `Z`: ready for the next.
        let kind = client.read_u8().await?;
        skip_text(&mut client).await?;
        let answer: &[u8] = match kind {
            b'Q' => b"C\0\0\0\x0dSELECT 1\0Z\0\0\0\x05I",
            _ => b"Z\0\0\0\x05I",
        };
        client.write_all(answer).await?;
    }
}

async fn log_in(listener: &TcpListener) -> io::Result<TcpStream> {
    let (mut client, _) = listener.accept().await?;
    skip_text(&mut client).await?;
    let welcome = b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I";
    client.write_all(welcome).await?;
    Ok(client)
}

async fn skip_text(client: &mut TcpStream) -> io::Result<()> {
    let length = client.read_u32().await?;
    let mut text = vec![0; length.saturating_sub(4) as usize];
    client.read_exact(&mut text).await?;
    Ok(())
}

pub fn create_pool(server: PgConnectOptions) -> PgPool {
    // The server stops a statement that takes longer than this.
    let server = server.options([("statement_timeout", "3s")]);
    PgPoolOptions::new()
        // One connection, to show its loss. A service needs more.
        .max_connections(1)
        .acquire_timeout(Duration::from_secs(3))
        // `false` closes it. sqlx tests it too, but without a time limit.
        .after_release(|connection, _| {
            Box::pin(async move {
                let pong = timeout(Duration::from_millis(100), connection.ping()).await;
                Ok(pong.is_ok_and(|pong| pong.is_ok()))
            })
        })
        .connect_lazy_with(server)
}
