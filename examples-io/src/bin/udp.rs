//! Ask over UDP, where packets get lost, with a timeout and retries.
//!
//! Nobody tells a sender that its packet is gone: a reply that has not come
//! within 400 ms counts as lost, and the question is asked again, five times at
//! most. What was lost may have been the reply, so the server may hear an order
//! twice. The number in each packet makes that harmless: a repeated order is
//! answered again and not filled again, and a late reply is not taken for that
//! to another order.
//!
//! ```console
//! $ cargo run -p examples-io --bin udp
//! order 1: 19 loaves left (try 1)
//!   lost: order 2
//! order 2: 18 loaves left (try 2)     # 400 ms
//! order 3: 17 loaves left (try 1)     # 400 ms
//!   lost: order 4                     # 400 ms
//!   lost: reply to 4                  # 800 ms
//!   order 4 again, not filled again   # 1200 ms
//! order 4: 16 loaves left (try 3)     # 1200 ms
//! order 5: 15 loaves left (try 1)     # 1200 ms
//! ```
//!
//! The link loses three packets of ten, chosen by a seeded generator, so that
//! every run loses the same.
//!
//! Copy it with `cargo add tokio -F macros,net,rt-multi-thread,time` and
//! `cargo add anyhow`.

use std::io;
use std::time::Duration;

use anyhow::bail;
use tokio::net::UdpSocket;
use tokio::time::timeout;

const TRIES: u32 = 5;
const SEED: u32 = 147;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let customer = UdpSocket::bind("127.0.0.1:0").await?;
    let socket = UdpSocket::bind("127.0.0.1:0").await?;
    // A connected socket takes no packets from anybody else.
    customer.connect(socket.local_addr()?).await?;
    socket.connect(customer.local_addr()?).await?;

    let link = LossyLink {
        socket,
        state: SEED,
    };
    tokio::select! {
        failed = keep_stock(link) => Ok(failed?),
        done = order(&customer) => done,
    }
}

async fn order(socket: &UdpSocket) -> anyhow::Result<()> {
    for number in 1..=5 {
        let (left, tries) = take_one(socket, number).await?;
        println!("order {number}: {left} loaves left (try {tries})");
    }
    Ok(())
}

/// Takes a loaf; tells how many are left, and how often it had to ask.
async fn take_one(socket: &UdpSocket, number: u8) -> anyhow::Result<(u8, u32)> {
    for tries in 1..=TRIES {
        socket.send(&[number]).await?;
        let reply = timeout(Duration::from_millis(400), reply(socket, number));
        if let Ok(left) = reply.await {
            return Ok((left?, tries));
        }
    }
    bail!("order {number}: no reply to {TRIES} packets")
}

async fn reply(socket: &UdpSocket, number: u8) -> io::Result<u8> {
    loop {
        let mut packet = [0; 2];
        socket.recv(&mut packet).await?;
        if packet[0] == number {
            return Ok(packet[1]);
        }
    }
}

async fn keep_stock(mut link: LossyLink) -> io::Result<()> {
    let (mut last, mut left) = (0, 20_u8);
    loop {
        let number = link.recv().await?;
        if number == last {
            println!("  order {number} again, not filled again");
        } else {
            (last, left) = (number, left.saturating_sub(1));
        }
        link.send([number, left]).await?;
    }
}

/// Loses packets in both directions.
struct LossyLink {
    socket: UdpSocket,
    state: u32,
}

impl LossyLink {
    async fn recv(&mut self) -> io::Result<u8> {
        loop {
            let mut packet = [0];
            self.socket.recv(&mut packet).await?;
            if !self.loses() {
                return Ok(packet[0]);
            }
            println!("  lost: order {}", packet[0]);
        }
    }

    async fn send(&mut self, packet: [u8; 2]) -> io::Result<()> {
        if self.loses() {
            println!("  lost: reply to {}", packet[0]);
            return Ok(());
        }
        self.socket.send(&packet).await?;
        Ok(())
    }

    /// An xorshift generator: with one seed always the same packets.
    fn loses(&mut self) -> bool {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 17;
        self.state ^= self.state << 5;
        self.state % 10 < 3
    }
}
