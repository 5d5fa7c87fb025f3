//! Read and write one connection in two tasks, with `into_split`.
//!
//! Each task owns its half, so that orders go out while answers come in.
//! Dropping the write half of a `TcpStream` ends its direction: the kitchen
//! reads to the end and sends the bill. `tokio::io::split`, for any other
//! stream, keeps the whole of it until both halves are gone: a drop ends
//! nothing, and both sides wait for ever. There `shutdown` says the end.
//!
//! ```console
//! $ cargo run -p examples-io --bin split
//! we order tea
//! tea!
//! we order soup                                              # 100 ms
//! soup!                                                      # 100 ms
//! the bill                                                   # 100 ms
//! broken, io::split and drop: the kitchen waits on           # 200 ms
//! fixed, io::split and shutdown: the kitchen sees the end    # 200 ms
//! ```
//!
//! Copy it with
//! `cargo add tokio -F io-std,io-util,macros,net,rt-multi-thread,time`.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy, duplex, stdout};
use tokio::net::tcp::OwnedWriteHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{interval, timeout};

/// Between two orders; the end of the orders shows itself sooner.
const PAUSE: Duration = Duration::from_millis(100);

#[tokio::main]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let table = TcpStream::connect(listener.local_addr()?).await?;
    let (kitchen, _) = listener.accept().await?;
    let kitchen = tokio::spawn(cook(kitchen));

    let (mut reader, writer) = table.into_split();
    let orders = tokio::spawn(order(writer));
    copy(&mut reader, &mut stdout()).await?;
    orders.await??;
    kitchen.await??;

    let kitchen = after_split(false).await?;
    println!("broken, io::split and drop: the kitchen {kitchen}");
    let kitchen = after_split(true).await?;
    println!("fixed, io::split and shutdown: the kitchen {kitchen}");
    Ok(())
}

/// Calls back each order, and brings the bill when no more come.
async fn cook(mut table: TcpStream) -> io::Result<()> {
    let (mut orders, mut answers) = table.split();
    copy(&mut orders, &mut answers).await?;
    answers.write_all(b"the bill\n").await
}

async fn order(mut writer: OwnedWriteHalf) -> io::Result<()> {
    let mut appetite = interval(PAUSE);
    for dish in ["tea", "soup"] {
        appetite.tick().await;
        println!("we order {dish}");
        writer.write_all(format!("{dish}!\n").as_bytes()).await?;
    }
    // The drop of `writer` ends the orders.
    Ok(())
}

/// Orders nothing, and tells what the kitchen makes of that.
async fn after_split(shutdown: bool) -> io::Result<&'static str> {
    let (table, mut kitchen) = duplex(64);
    let (_reader, mut writer) = tokio::io::split(table);
    if shutdown {
        writer.shutdown().await?;
    }
    drop(writer);
    let waits = timeout(PAUSE, kitchen.read_u8()).await.is_err();
    Ok(if waits { "waits on" } else { "sees the end" })
}
