//! Frame messages with a length prefix, by hand or with `LengthDelimitedCodec`.
//!
//! A sensor sends 21.5 and 19.8. TCP carries bytes, not messages, so they may
//! arrive as 21.519 and .8. The first even looks right. A length in front of
//! each message says where it ends, even if every byte comes alone. Check the
//! length before you allocate, or the peer (the other side) decides how much
//! memory you use. The codec does all this, in both directions.
//!
//! ```console
//! $ cargo run -p examples-io --bin framing
//! no frames: 21.519
//! no frames: .8
//! by hand: 21.5
//! by hand: 19.8
//! by hand: 4294967295 bytes are too long
//! codec: 21.5 is confirmed
//! codec: 19.8 is confirmed
//! codec: frame size too big
//! ```
//!
//! For messages that are lines of text, see `line_server`.
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
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::bytes::Bytes;
use tokio_util::codec::{Framed, LengthDelimitedCodec};

const READINGS: [&str; 2] = ["21.5", "19.8"];
const MAX_FRAME: usize = 1024;

#[tokio::main]
async fn main() -> io::Result<()> {
    let (mut sensor, mut station) = duplex(64);
    for reading in READINGS {
        sensor.write_all(reading.as_bytes()).await?;
    }
    for _ in 0..2 {
        // Six bytes stand for what one packet holds.
        let mut packet = [0; 6];
        let count = station.read(&mut packet).await?;
        println!("no frames: {}", packet[..count].escape_ascii());
    }

    // A pipe with room for one byte, so that every byte comes alone.
    let (sensor, mut station) = duplex(1);
    let sending = tokio::spawn(send_by_hand(sensor));
    for _ in 0..3 {
        match read_frame(&mut station).await {
            Ok(frame) => println!("by hand: {}", frame.escape_ascii()),
            Err(error) => println!("by hand: {error}"),
        }
    }
    sending.await??;
    by_codec().await
}

async fn send_by_hand(mut station: DuplexStream) -> io::Result<()> {
    for reading in READINGS {
        let length = u32::try_from(reading.len()).map_err(io::Error::other)?;
        station.write_u32(length).await?;
        station.write_all(reading.as_bytes()).await?;
    }
    // The length of a frame that never comes.
    station.write_u32(u32::MAX).await
}

async fn read_frame(link: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let length = link.read_u32().await? as usize;
    if length > MAX_FRAME {
        return Err(io::Error::other(format!("{length} bytes are too long")));
    }
    let mut frame = vec![0; length];
    link.read_exact(&mut frame).await?;
    Ok(frame)
}

async fn by_codec() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let sensor = TcpStream::connect(listener.local_addr()?).await?;
    let (station, _) = listener.accept().await?;
    let station = tokio::spawn(confirm(station));

    let mut frames = Framed::new(sensor, codec());
    for reading in READINGS {
        frames.send(Bytes::from(reading)).await?;
        if let Some(reply) = frames.try_next().await? {
            println!("codec: {} is confirmed", reply.escape_ascii());
        }
    }
    frames.get_mut().write_u32(u32::MAX).await?;
    if let Err(error) = station.await? {
        println!("codec: {error}");
    }
    Ok(())
}

async fn confirm(sensor: TcpStream) -> io::Result<()> {
    let mut frames = Framed::new(sensor, codec());
    while let Some(reading) = frames.try_next().await? {
        frames.send(reading.freeze()).await?;
    }
    Ok(())
}

fn codec() -> LengthDelimitedCodec {
    LengthDelimitedCodec::builder()
        .max_frame_length(MAX_FRAME)
        .new_codec()
}
