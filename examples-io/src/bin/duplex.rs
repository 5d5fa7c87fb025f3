//! Talk to a protocol over `duplex`, an in-memory pipe, without a socket.
//!
//! What serves a connection need not know that it is one: generic over
//! `AsyncRead + AsyncWrite`, `serve` takes a `TcpStream`, a Unix socket or one
//! end of this pipe. With no real I/O the clock can stand paused: it jumps
//! ahead whenever all tasks wait, so that a minute's silence is tried in no
//! time. With sockets it would jump before the answer has come.
//!
//! ```console
//! $ cargo run -p examples-io --bin duplex
//! tea is ready
//! soup is ready
//! the kitchen hangs up: deadline has elapsed
//! 60s by the paused clock, [..] by the wall's
//! ```
//!
//! Copy it with `cargo add tokio -F io-util,macros,rt,test-util,time`,
//! `cargo add tokio-util -F codec`,
//! `cargo add futures-util --no-default-features -F sink` and
//! `cargo add anyhow`.

use std::time::Duration;

use futures_util::{SinkExt, TryStreamExt};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, duplex};
use tokio::time::{Instant, timeout};
use tokio_util::codec::{Framed, LinesCodec};

/// Of a customer who does not order, or does not take what is ready.
const PATIENCE: Duration = Duration::from_secs(60);
/// No order is longer.
const MAX_LINE: usize = 80;

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> anyhow::Result<()> {
    let (paused, wall) = (Instant::now(), std::time::Instant::now());

    // When 64 bytes wait in one direction, the next write waits too.
    let (mut customer, kitchen) = duplex(64);
    let kitchen = tokio::spawn(serve(kitchen));
    customer.write_all(b"tea\nsoup\n").await?;
    let mut answers = String::new();
    customer.read_to_string(&mut answers).await?;
    print!("{answers}");
    if let Err(error) = kitchen.await? {
        println!("the kitchen hangs up: {error}");
    }

    let (paused, wall) = (paused.elapsed(), wall.elapsed());
    println!("{paused:.0?} by the paused clock, {wall:.0?} by the wall's");
    Ok(())
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin) -> anyhow::Result<()> {
    let codec = LinesCodec::new_with_max_length(MAX_LINE);
    let mut lines = Framed::new(stream, codec);
    while let Some(dish) = timeout(PATIENCE, lines.try_next()).await?? {
        let answer = lines.send(format!("{dish} is ready"));
        timeout(PATIENCE, answer).await??;
    }
    Ok(())
}
