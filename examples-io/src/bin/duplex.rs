//! Talk to a protocol over `duplex`, an in-memory pipe, without a socket.
//!
//! What serves a connection need not know that it is one: generic over
//! `AsyncRead + AsyncWrite`, the same function takes a `TcpStream`, a Unix
//! socket or one end of this pipe. With no real I/O the clock can stand paused:
//! it jumps ahead whenever all tasks wait, so that an idle limit of a minute is
//! tried in no time. With sockets it would jump before the answer has come.
//!
//! ```console
//! $ cargo run -p examples-io --bin duplex
//! -> tea 2
//! <- 2 in all
//! -> tea 3
//! <- 5 in all
//! -> tea please
//! <- how many?
//! <- closed after 60s of silence
//! 60s by the paused clock, [..] by the wall's
//! ```
//!
//! Copy it with `cargo add tokio -F io-util,macros,rt,test-util,time`,
//! `cargo add tokio-util -F codec` and
//! `cargo add futures-util --no-default-features -F sink`.

use std::time::{self, Duration};

use futures_util::{SinkExt, TryStreamExt};
use tokio::io::{AsyncRead, AsyncWrite, duplex};
use tokio::time::{Instant, timeout};
use tokio_util::codec::{Framed, LinesCodec, LinesCodecError};

const IDLE_LIMIT: Duration = Duration::from_secs(60);
/// No order is longer.
const MAX_LINE: usize = 80;

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> Result<(), LinesCodecError> {
    let (paused, wall) = (Instant::now(), time::Instant::now());
    // When 64 bytes wait in one direction, the next write waits too.
    let (customer, kitchen) = duplex(64);
    tokio::try_join!(order(customer), serve(kitchen))?;

    let (paused, wall) = (paused.elapsed(), wall.elapsed());
    println!("{paused:.0?} by the paused clock, {wall:.0?} by the wall's");
    Ok(())
}

async fn order(
    stream: impl AsyncRead + AsyncWrite + Unpin,
) -> Result<(), LinesCodecError> {
    let mut lines = lines(stream);
    for order in ["tea 2", "tea 3", "tea please"] {
        println!("-> {order}");
        lines.send(order).await?;
        if let Some(answer) = lines.try_next().await? {
            println!("<- {answer}");
        }
    }
    while let Some(farewell) = lines.try_next().await? {
        println!("<- {farewell}");
    }
    Ok(())
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin,
) -> Result<(), LinesCodecError> {
    let mut lines = lines(stream);
    let mut sum: u32 = 0;
    loop {
        let Ok(line) = timeout(IDLE_LIMIT, lines.try_next()).await else {
            let farewell = format!("closed after {IDLE_LIMIT:?} of silence");
            return lines.send(farewell).await;
        };
        let Some(line) = line? else { return Ok(()) };
        let count = line.strip_prefix("tea ").map(str::parse::<u16>);
        if let Some(Ok(count)) = count {
            sum = sum.saturating_add(count.into());
            lines.send(format!("{sum} in all")).await?;
        } else {
            lines.send("how many?").await?;
        }
    }
}

fn lines<S: AsyncRead + AsyncWrite>(stream: S) -> Framed<S, LinesCodec> {
    Framed::new(stream, LinesCodec::new_with_max_length(MAX_LINE))
}
