//! Reconnect a `TcpStream` with back-off and jitter, and lose no message.
//!
//! A client delivers 8 messages to a server that hangs up or falls silent at
//! message 5. Written bytes may get lost without an error, so a message counts
//! only when the server confirms it. Until then, the client sends it again
//! after each new connection. Its number shows that it is a repeat. The pauses
//! double (back-off), up to 400 ms here and perhaps 30 s in a service. Each is
//! cut by up to half, at random (jitter), so that many clients do not return
//! together.
//!
//! ```console
//! $ cargo run -p examples-io --bin reconnect
//! 4 of 8 delivered: unexpected end of file; next try in 67ms
//! 4 of 8 delivered: unexpected end of file; next try in 147ms    # 50 ms
//! 4 of 8 delivered: deadline has elapsed; next try in 352ms      # 500 ms
//! 4 of 8 delivered: unexpected end of file; next try in 244ms    # 850 ms
//! 8 of 8 delivered                                               # 1.1 s
//! the server has {1, 2, 3, 4, 5, 6, 7, 8}, and dropped 4 repeats
//! ```
//!
//! To notice a silent peer without sending it messages, see `heartbeat`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F io-util,macros,net,rt-multi-thread,time
//! cargo add anyhow fastrand
//! ```

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::ensure;
use fastrand::Rng;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

const MESSAGES: u8 = 8;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_millis(400);
/// For a connection, and for each acknowledgement.
const SERVER_TIMEOUT: Duration = Duration::from_millis(300);
/// Makes all runs equal. A service leaves the seed to `Rng::new`.
const SEED: u64 = 1;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = tokio::spawn(serve(listener));

    deliver_all(address).await;

    let (received, repeats) = server.await??;
    println!("the server has {received:?}, and dropped {repeats} repeats");
    Ok(())
}

async fn deliver_all(address: SocketAddr) {
    let mut random = Rng::with_seed(SEED);
    let (mut delivered, mut before) = (0, 0);
    let mut pause = FIRST_PAUSE;
    while let Err(error) = deliver(address, &mut delivered).await {
        // After any success, start with short pauses again.
        if delivered > before {
            before = delivered;
            pause = FIRST_PAUSE;
        }
        let jittered = pause.mul_f64(1.0 - random.f64() / 2.0);
        print!("{delivered} of {MESSAGES} delivered: {error}; ");
        println!("next try in {jittered:.0?}");
        sleep(jittered).await;
        pause = LONGEST_PAUSE.min(pause * 2);
    }
    println!("{delivered} of {MESSAGES} delivered");
}

/// Sends the messages that are not yet acknowledged, one at a time.
async fn deliver(address: SocketAddr, delivered: &mut u8) -> anyhow::Result<()> {
    let mut stream = timeout(SERVER_TIMEOUT, TcpStream::connect(address)).await??;
    while *delivered < MESSAGES {
        let message = *delivered + 1;
        stream.write_u8(message).await?;
        let acknowledged = timeout(SERVER_TIMEOUT, stream.read_u8()).await??;
        ensure!(acknowledged == message, "it acknowledged {acknowledged}");
        *delivered = message;
    }
    Ok(())
}

enum Fault {
    HangUp,
    Silence,
    Healthy,
}

/// Returns the messages that it received, and how many came again.
async fn serve(listener: TcpListener) -> io::Result<(BTreeSet<u8>, u32)> {
    use Fault::{HangUp, Healthy, Silence};
    let (mut received, mut repeats) = (BTreeSet::new(), 0);
    for fault in [HangUp, HangUp, Silence, HangUp, Healthy] {
        let (mut stream, _) = listener.accept().await?;
        while let Ok(message) = stream.read_u8().await {
            if !received.insert(message) {
                repeats += 1;
            }
            match fault {
                HangUp if message == 5 => break,
                Silence if message == 5 => {}
                _ => stream.write_u8(message).await?,
            }
        }
    }
    Ok((received, repeats))
}
