//! Send and receive messages with `Framed` and `LengthDelimitedCodec`.
//!
//! A sensor sends two readings, and the station confirms each one. `Framed`
//! wraps a connection: `send` takes whole messages, and `try_next` returns
//! them. The codec writes the length, 4 bytes, in front of each message (a
//! frame is both) and reads it on the other side. A message longer than the
//! limit is an error, and takes no memory. Set the limit: the default is 8 MiB
//! for a message.
//!
//! ```console
//! $ cargo run -p examples-io --bin framing_codec
//! 21.5 is confirmed
//! 19.8 is confirmed
//! station: frame size too big
//! ```
//!
//! To see how such a codec works, see `framing`. For messages that are lines of
//! text, `LinesCodec` does the same: see `duplex`.
//!
//! Copy it with
//!
//! ```sh
//! cargo add tokio -F io-util,macros,net,rt-multi-thread
//! cargo add tokio-util -F codec
//! cargo add futures-util --no-default-features -F sink
//! ```

use std::io;

use futures_util::{SinkExt, TryStreamExt};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::bytes::Bytes;
use tokio_util::codec::{Framed, LengthDelimitedCodec};

const MAX_FRAME: usize = 1024;

#[tokio::main]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let sensor = TcpStream::connect(listener.local_addr()?).await?;
    let (station, _) = listener.accept().await?;
    let station = tokio::spawn(confirm(station));

    let mut frames = Framed::new(sensor, codec());
    for reading in ["21.5", "19.8"] {
        frames.send(Bytes::from(reading)).await?;
        if let Some(reply) = frames.try_next().await? {
            println!("{} is confirmed", reply.escape_ascii());
        }
    }
    // A hostile sensor sends only a length, of 4 GiB.
    frames.get_mut().write_u32(u32::MAX).await?;
    if let Err(error) = station.await? {
        println!("station: {error}");
    }
    Ok(())
}

/// Sends each message back, until the sensor closes the connection.
async fn confirm(sensor: TcpStream) -> io::Result<()> {
    let mut frames = Framed::new(sensor, codec());
    while let Some(reading) = frames.try_next().await? {
        // `freeze` turns the `BytesMut` into `Bytes`, without a copy.
        frames.send(reading.freeze()).await?;
    }
    Ok(())
}

fn codec() -> LengthDelimitedCodec {
    LengthDelimitedCodec::builder()
        .max_frame_length(MAX_FRAME)
        .new_codec()
}
