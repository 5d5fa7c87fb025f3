//! Read and write one connection in two tasks with `into_split`.
//!
//! A customer sends orders to a kitchen in one task, and prints the answers in
//! another. Each task owns its half of the `TcpStream`. Dropping the write half
//! closes that direction: the kitchen sees the end of the orders and sends the
//! bill. `tokio::io::split` works for any stream, but a dropped half closes
//! nothing. Call `shutdown` on the write half, or the kitchen waits until the
//! read half is dropped too.
//!
//! ```console
//! $ cargo run -p examples-io --bin split
//! we order tea
//! tea is ready
//! we order soup                                    # 100 ms
//! soup is ready                                    # 100 ms
//! the bill: 2 dishes                               # 100 ms
//! broken, drop: the kitchen waits                  # 200 ms
//! fixed, shutdown: the kitchen sees the end        # 200 ms
//! ```
//!
//! Within one task, use `TcpStream::split`, as `cook` does: it only borrows.
//!
//! Copy it with `cargo add tokio -F io-util,macros,net,rt-multi-thread,time`.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream, duplex};
use tokio::net::tcp::OwnedWriteHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

#[tokio::main]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let customer = TcpStream::connect(listener.local_addr()?).await?;
    let (kitchen, _) = listener.accept().await?;
    let kitchen = tokio::spawn(cook(kitchen));

    let (reader, writer) = customer.into_split();
    let orders = tokio::spawn(order(writer));
    let mut answers = BufReader::new(reader).lines();
    while let Some(answer) = answers.next_line().await? {
        println!("{answer}");
    }
    // The first `?` is for a panic in the task, the second for its own error.
    orders.await??;
    kitchen.await??;

    println!("broken, drop: the kitchen {}", broken().await);
    println!("fixed, shutdown: the kitchen {}", fixed().await?);
    Ok(())
}

async fn order(mut writer: OwnedWriteHalf) -> io::Result<()> {
    println!("we order tea");
    writer.write_all(b"tea\n").await?;
    sleep(Duration::from_millis(100)).await;
    println!("we order soup");
    writer.write_all(b"soup\n").await
    // Here `writer` is dropped, which ends the orders.
}

async fn cook(mut customer: TcpStream) -> io::Result<()> {
    let (orders, mut answers) = customer.split();
    let mut orders = BufReader::new(orders).lines();
    let mut dishes = 0;
    while let Some(dish) = orders.next_line().await? {
        dishes += 1;
        let answer = format!("{dish} is ready\n");
        answers.write_all(answer.as_bytes()).await?;
    }
    let bill = format!("the bill: {dishes} dishes\n");
    answers.write_all(bill.as_bytes()).await
}

async fn broken() -> &'static str {
    // `duplex` is a connection in memory. It has no `into_split` of its own.
    let (customer, kitchen) = duplex(64);
    let (_reader, writer) = tokio::io::split(customer);
    drop(writer);
    wait_for_orders(kitchen).await
}

async fn fixed() -> io::Result<&'static str> {
    let (customer, kitchen) = duplex(64);
    let (_reader, mut writer) = tokio::io::split(customer);
    writer.shutdown().await?;
    drop(writer);
    Ok(wait_for_orders(kitchen).await)
}

async fn wait_for_orders(mut kitchen: DuplexStream) -> &'static str {
    match timeout(Duration::from_millis(100), kitchen.read(&mut [0])).await {
        // At the end, `read` returns 0 bytes.
        Ok(Ok(0)) => "sees the end",
        Ok(_) => "gets an order",
        Err(_) => "waits",
    }
}
