//! Ask over UDP with a timeout and retries, since packets get lost.
//!
//! A customer orders five loaves over a link that loses three packets. If no
//! reply comes in 400 ms, the customer sends the order again, five times in
//! all. If only the reply was lost, the shop gets the order twice. The number
//! in each packet makes that harmless. The shop fills only orders that are
//! newer than the last one, and answers a repeated order without filling it
//! again. The customer skips a late reply to an earlier order.
//!
//! ```console
//! $ cargo run -p examples-io --bin udp
//! order 1: 19 loaves left (try 1)
//!   lost: order 2
//! order 2: 18 loaves left (try 2)     # 400 ms
//! order 3: 17 loaves left (try 1)     # 400 ms
//!   lost: order 4                     # 400 ms
//!   lost: reply to order 4            # 800 ms
//!   order 4 is not filled again       # 1.2 s
//! order 4: 16 loaves left (try 3)     # 1.2 s
//! order 5: 15 loaves left (try 1)     # 1.2 s
//! ```
//!
//! If every message must arrive, in order, use TCP, and see `reconnect`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F macros,net,rt-multi-thread,time
//! cargo add anyhow
//! ```

use std::io;
use std::time::Duration;

use anyhow::bail;
use tokio::net::UdpSocket;
use tokio::time::{Instant, sleep_until, timeout_at};

const MAX_TRIES: u32 = 5;
const REPLY_TIMEOUT: Duration = Duration::from_millis(400);
/// The packets that get lost, counted in both directions.
const LOST: [u32; 3] = [3, 8, 10];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let shop = UdpSocket::bind("127.0.0.1:0").await?;
    let customer = UdpSocket::bind("127.0.0.1:0").await?;
    // A connected socket receives packets from this address only.
    customer.connect(shop.local_addr()?).await?;

    tokio::select! {
        failed = sell(shop) => Ok(failed?),
        done = buy(&customer) => done,
    }
}

async fn buy(socket: &UdpSocket) -> anyhow::Result<()> {
    for number in 1..=5 {
        let (left, tries) = order(socket, number).await?;
        println!("order {number}: {left} loaves left (try {tries})");
    }
    Ok(())
}

/// Orders a loaf. Returns how many are left, and how many tries it took.
async fn order(socket: &UdpSocket, number: u8) -> anyhow::Result<(u8, u32)> {
    for tries in 1..=MAX_TRIES {
        let deadline = Instant::now() + REPLY_TIMEOUT;
        match timeout_at(deadline, ask(socket, number)).await {
            Ok(Ok(left)) => return Ok((left, tries)),
            // Such as "connection refused": no socket has this port yet.
            Ok(Err(_)) => sleep_until(deadline).await,
            Err(_) => {}
        }
    }
    bail!("order {number}: no reply to {MAX_TRIES} packets")
}

async fn ask(socket: &UdpSocket, number: u8) -> io::Result<u8> {
    socket.send(&[number]).await?;
    loop {
        let mut reply = [0; 2];
        socket.recv(&mut reply).await?;
        // Skip a late reply to an earlier order.
        if reply[0] == number {
            return Ok(reply[1]);
        }
    }
}

/// Sells to one customer: each of several would need a `last`. It stands for
/// the link too: it drops some packets.
async fn sell(socket: UdpSocket) -> io::Result<()> {
    let (mut last, mut left) = (0, 20_u8);
    let mut packets = 0;
    loop {
        let mut order = [0];
        let (_, customer) = socket.recv_from(&mut order).await?;
        let [number] = order;
        packets += 1;
        if LOST.contains(&packets) {
            println!("  lost: order {number}");
            continue;
        }
        if number <= last {
            println!("  order {number} is not filled again");
        } else {
            last = number;
            left = left.saturating_sub(1);
        }
        packets += 1;
        if LOST.contains(&packets) {
            println!("  lost: reply to order {number}");
            continue;
        }
        socket.send_to(&[number, left], customer).await?;
    }
}
