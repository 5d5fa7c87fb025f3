//! Reconnect with back-off and jitter, and lose no message on the way.
//!
//! What has been written to a socket may never have arrived, and nobody says
//! so. Only an acknowledgement counts: a message without one is sent again
//! after the next connection, and by its number the server knows it again. The
//! waits double, so that a server that comes back is not run over, and up to
//! half of each is taken off at random, so that its clients come one by one.
//!
//! ```console
//! $ cargo run -p examples-io --bin reconnect
//! unexpected end of file after 4 of 8; again in 58ms
//! unexpected end of file after 4 of 8; again in 158ms
//! unexpected end of file after 4 of 8; again in 296ms
//! 8 of 8 acknowledged
//! the server has {1, 2, 3, 4, 5, 6, 7, 8}; 3 came again
//! ```
//!
//! Copy it with `cargo add tokio -F io-util,macros,net,rt-multi-thread,time`
//! and `cargo add anyhow`.

use std::collections::BTreeSet;
use std::time::Duration;
use std::{io, net::SocketAddr};

use anyhow::ensure;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

const MESSAGES: u8 = 8;
const FIRST_WAIT: Duration = Duration::from_millis(100);
/// However long the server stays away.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// With the connection, and with each acknowledgement.
const PATIENCE: Duration = Duration::from_secs(1);
/// Makes each run wait the same; give every client another one.
const SEED: u32 = 2_463_534_242;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = tokio::spawn(serve(listener));

    deliver(address).await;

    let (heard, again) = server.await??;
    println!("the server has {heard:?}; {again} came again");
    Ok(())
}

async fn deliver(address: SocketAddr) {
    let (mut done, mut before) = (0, 0);
    let (mut wait, mut random) = (FIRST_WAIT, SEED);
    while let Err(error) = session(address, &mut done).await {
        // The server was there: the waits begin anew.
        if done > before {
            (before, wait) = (done, FIRST_WAIT);
        }
        let pause = jitter(wait, &mut random);
        println!("{error} after {done} of {MESSAGES}; again in {pause:.0?}");
        sleep(pause).await;
        wait = LONGEST_WAIT.min(wait * 2);
    }
    println!("{done} of {MESSAGES} acknowledged");
}

/// Sends what has no acknowledgement yet, in order, until all have one.
async fn session(address: SocketAddr, done: &mut u8) -> anyhow::Result<()> {
    let connect = TcpStream::connect(address);
    let mut stream = timeout(PATIENCE, connect).await??;
    // One at a time: to have several under way would save round trips.
    while *done < MESSAGES {
        stream.write_u8(*done + 1).await?;
        let number = timeout(PATIENCE, stream.read_u8()).await??;
        ensure!(number == *done + 1, "an acknowledgement of {number}");
        *done = number;
    }
    Ok(())
}

/// Tells what it has heard, and how often it heard something again.
async fn serve(listener: TcpListener) -> io::Result<(BTreeSet<u8>, u32)> {
    let (mut heard, mut again) = (BTreeSet::new(), 0);
    // Three times it hears message 5 and hangs up.
    for hangs_up_at in [5, 5, 5, 0] {
        let (mut stream, _) = listener.accept().await?;
        while let Ok(number) = stream.read_u8().await {
            again += u32::from(!heard.insert(number));
            if number == hangs_up_at {
                break;
            }
            stream.write_u8(number).await?;
        }
    }
    Ok((heard, again))
}

/// From half of `wait` to all of it, by an xorshift generator.
fn jitter(wait: Duration, random: &mut u32) -> Duration {
    *random ^= *random << 13;
    *random ^= *random >> 17;
    *random ^= *random << 5;
    wait.mul_f64(0.5 + f64::from(*random) / f64::from(u32::MAX) / 2.0)
}
