//! Reconnect with back-off and jitter, and lose no message on the way.
//!
//! What has been written to a socket may never have arrived, and nobody says
//! so. Only an acknowledgement counts: what has none is sent again after the
//! next connection, and the number in it lets the server drop what it has seen
//! before. The waits double, so that a server that comes back is not run over,
//! and are drawn from half to all of that, so that its clients come one by one.
//!
//! ```console
//! $ cargo run -p examples-io --bin reconnect
//! 4 of 8 acknowledged, then [..]; again in 58 ms
//! 4 of 8 acknowledged, then [..]; again in 158 ms
//! 4 of 8 acknowledged, then [..]; again in 296 ms
//! 8 of 8 acknowledged
//! the server has [1, 2, 3, 4, 5, 6, 7, 8]; 3 came again
//! ```
//!
//! Three times the server hears message 5 and goes before it acknowledges it.
//! The jitter is seeded.
//!
//! Copy it with
//! `cargo add tokio -F io-util,macros,net,rt-multi-thread,time` and
//! `cargo add anyhow`.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::bail;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

const MESSAGES: u8 = 8;
const TRIES: u32 = 5;
const FIRST_WAIT: Duration = Duration::from_millis(100);
/// Of the connection, and of each acknowledgement.
const PATIENCE: Duration = Duration::from_secs(1);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = tokio::spawn(serve(listener));

    deliver(address).await?;

    let (heard, repeated) = server.await??;
    println!("the server has {heard:?}; {repeated} came again");
    Ok(())
}

async fn deliver(address: SocketAddr) -> anyhow::Result<()> {
    let mut acknowledged = 0;
    let mut jitter = Jitter(2_463_534_242);
    let mut tries = 0;
    while tries < TRIES {
        let before = acknowledged;
        let ended = session(address, &mut acknowledged).await;
        print!("{acknowledged} of {MESSAGES} acknowledged");
        let Err(error) = ended else {
            println!();
            return Ok(());
        };
        // After progress the server is not the one that was away.
        tries = if acknowledged > before { 1 } else { tries + 1 };
        let wait = jitter.draw(FIRST_WAIT * 2_u32.pow(tries - 1));
        println!(", then {error}; again in {} ms", wait.as_millis());
        sleep(wait).await;
    }
    bail!("{address}: {TRIES} connections in a row without progress")
}

/// Sends what has no acknowledgement yet, in order, until all have one.
async fn session(address: SocketAddr, acknowledged: &mut u8) -> io::Result<()> {
    let connect = TcpStream::connect(address);
    let mut stream = timeout(PATIENCE, connect).await??;
    let (mut from_server, mut to_server) = stream.split();
    let send: Vec<u8> = (*acknowledged + 1..=MESSAGES).collect();
    // All at once: to wait for each acknowledgement would cost a round trip.
    to_server.write_all(&send).await?;
    while *acknowledged < MESSAGES {
        let answer = timeout(PATIENCE, from_server.read_u8()).await?;
        *acknowledged = (*acknowledged).max(answer?);
    }
    Ok(())
}

/// Tells what it has heard, and how many messages came to it again.
async fn serve(listener: TcpListener) -> io::Result<(Vec<u8>, u32)> {
    let (mut heard, mut repeated) = (Vec::new(), 0);
    for goes_at in [5, 5, 5, u8::MAX] {
        let (mut stream, _) = listener.accept().await?;
        let mut batch = [0; 64];
        'connection: loop {
            let count = stream.read(&mut batch).await?;
            for &message in &batch[..count] {
                if heard.last() >= Some(&message) {
                    repeated += 1;
                } else {
                    heard.push(message);
                }
                if message == goes_at {
                    break 'connection;
                }
                stream.write_u8(message).await?;
            }
            if count == 0 {
                break;
            }
        }
    }
    Ok((heard, repeated))
}

/// An xorshift generator: with one seed always the same waits.
struct Jitter(u32);

impl Jitter {
    /// A wait of at least half of `longest`.
    fn draw(&mut self, longest: Duration) -> Duration {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        longest.mul_f64(0.5 + f64::from(self.0) / f64::from(u32::MAX) / 2.0)
    }
}
