//! Read and write one connection in two tasks, with `into_split`.
//!
//! Each task owns its half, so that orders go out while answers come in.
//! Dropping the write half of a `TcpStream` ends its direction: the kitchen
//! reads to the end and sends the bill. `tokio::io::split`, for any other
//! stream, keeps the whole of it until both halves are gone: a drop ends
//! nothing, and both sides wait for ever. There the end must be said, with
//! `shutdown`.
//!
//! ```console
//! $ cargo run -p examples-io --bin split
//! we order tea
//! tea is ready
//! we order soup         # 100 ms
//! soup is ready         # 100 ms
//! we order bread        # 200 ms
//! bread is ready        # 200 ms
//! the bill: 3 orders    # 300 ms
//! broken, io::split and drop: no bill                  # 500 ms
//! fixed, io::split and shutdown: the bill: 0 orders    # 500 ms
//! ```
//!
//! Copy it with
//! `cargo add tokio -F io-util,macros,net,rt-multi-thread,time`,
//! `cargo add tokio-util -F codec`,
//! `cargo add futures-util --no-default-features -F sink` and
//! `cargo add anyhow`.

use std::io;
use std::time::Duration;

use futures_util::{SinkExt, TryStreamExt};
use tokio::io::{
    AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, duplex,
};
use tokio::net::tcp::OwnedWriteHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{interval, timeout};
use tokio_util::codec::{Framed, FramedRead, LinesCodec, LinesCodecError};

/// No order and no answer is longer.
const MAX_LINE: usize = 80;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let stream = TcpStream::connect(listener.local_addr()?).await?;
    let (kitchen, _) = listener.accept().await?;
    let kitchen = tokio::spawn(cook(kitchen));

    let (reader, writer) = stream.into_split();
    let orders = tokio::spawn(order(writer));
    let lines = LinesCodec::new_with_max_length(MAX_LINE);
    let mut answers = FramedRead::new(reader, lines);
    while let Some(answer) = answers.try_next().await? {
        println!("{answer}");
    }
    orders.await??;
    kitchen.await??;

    let (table, kitchen) = duplex(64);
    let bill = async { tokio::join!(broken(table), cook(kitchen)).0 };
    match timeout(Duration::from_millis(200), bill).await {
        Ok(bill) => print!("broken, io::split and drop: {}", bill?),
        Err(_) => println!("broken, io::split and drop: no bill"),
    }

    let (table, kitchen) = duplex(64);
    let (bill, cooked) = tokio::join!(fixed(table), cook(kitchen));
    cooked?;
    print!("fixed, io::split and shutdown: {}", bill?);
    Ok(())
}

async fn order(mut writer: OwnedWriteHalf) -> io::Result<()> {
    let mut appetite = interval(Duration::from_millis(100));
    for dish in ["tea", "soup", "bread"] {
        appetite.tick().await;
        println!("we order {dish}");
        writer.write_all(format!("{dish}\n").as_bytes()).await?;
    }
    appetite.tick().await;
    Ok(())
}

/// Answers each order, and at the end of the orders with the bill.
async fn cook(
    stream: impl AsyncRead + AsyncWrite + Unpin,
) -> Result<(), LinesCodecError> {
    let lines = LinesCodec::new_with_max_length(MAX_LINE);
    let mut table = Framed::new(stream, lines);
    let mut orders = 0;
    while let Some(dish) = table.try_next().await? {
        table.send(format!("{dish} is ready")).await?;
        orders += 1;
    }
    table.send(format!("the bill: {orders} orders")).await
}

async fn broken(table: DuplexStream) -> io::Result<String> {
    let (mut reader, writer) = tokio::io::split(table);
    drop(writer);
    let mut bill = String::new();
    reader.read_to_string(&mut bill).await?;
    Ok(bill)
}

async fn fixed(table: DuplexStream) -> io::Result<String> {
    let (mut reader, mut writer) = tokio::io::split(table);
    writer.shutdown().await?;
    let mut bill = String::new();
    reader.read_to_string(&mut bill).await?;
    Ok(bill)
}
