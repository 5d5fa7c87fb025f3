//! Test a protocol without a socket over `duplex`, an in-memory pipe.
//!
//! A kitchen serves three customers. It disconnects one that sends nothing for
//! 60 s, and one that reads nothing for 60 s. `serve` takes any stream that
//! is `AsyncRead` and `AsyncWrite`: a `TcpStream` or one end of a pipe. A pipe
//! needs no real I/O, so the clock can be paused. It then jumps ahead whenever
//! all tasks wait. With a socket, it would jump before an answer arrives.
//!
//! ```console
//! $ cargo run -p examples-io --bin duplex
//! tea is ready
//! soup is ready
//! silent customer: deadline has elapsed, after 60s
//! deaf customer: deadline has elapsed, after 60s
//! two minutes took less than a second: true
//! ```
//!
//! `Framed` and `LinesCodec` make lines of the bytes: see `framing_codec`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F io-util,macros,rt,test-util,time
//! cargo add tokio-util -F codec
//! cargo add futures-util --no-default-features -F sink
//! cargo add anyhow
//! ```

use std::time::Duration;

use futures_util::{SinkExt, TryStreamExt};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, duplex};
use tokio::time::{Instant, timeout};
use tokio_util::codec::{Framed, LinesCodec};

/// The longest wait for an order to come, or for an answer to be taken.
const CUSTOMER_TIMEOUT: Duration = Duration::from_secs(60);
/// No order is longer.
const MAX_LINE: usize = 80;

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> anyhow::Result<()> {
    let wall_clock = std::time::Instant::now();

    // When 64 bytes wait in one direction, the next write waits too.
    let (mut customer, kitchen) = duplex(64);
    let kitchen = tokio::spawn(serve(kitchen));
    customer.write_all(b"tea\nsoup\n").await?;
    customer.shutdown().await?;
    let mut answers = String::new();
    customer.read_to_string(&mut answers).await?;
    print!("{answers}");
    kitchen.await??;

    let start = Instant::now();
    // `_silent` keeps its end open until `main` returns.
    let (_silent, kitchen) = duplex(64);
    if let Err(error) = serve(kitchen).await {
        println!("silent customer: {error}, after {:?}", start.elapsed());
    }

    let start = Instant::now();
    let (mut deaf, kitchen) = duplex(64);
    // It never reads. Its orders fail when the kitchen disconnects.
    let orders = b"tea\n".repeat(100);
    let (served, _) = tokio::join!(serve(kitchen), deaf.write_all(&orders));
    if let Err(error) = served {
        println!("deaf customer: {error}, after {:?}", start.elapsed());
    }

    let quick = wall_clock.elapsed() < Duration::from_secs(1);
    println!("two minutes took less than a second: {quick}");
    Ok(())
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin) -> anyhow::Result<()> {
    let mut lines = Framed::new(stream, LinesCodec::new_with_max_length(MAX_LINE));
    // The first `?` is for the timeout, the second for the connection.
    while let Some(dish) = timeout(CUSTOMER_TIMEOUT, lines.try_next()).await?? {
        let answer = lines.send(format!("{dish} is ready"));
        timeout(CUSTOMER_TIMEOUT, answer).await??;
    }
    Ok(())
}
