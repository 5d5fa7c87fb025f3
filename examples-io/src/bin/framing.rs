//! Frame messages with a length prefix, by hand and by `LengthDelimitedCodec`.
//!
//! TCP carries bytes, not messages: one write is not one read. Two readings of
//! a sensor, 21.5 and 19.8, arrive as 21.519 and .8, and the first even looks
//! right. A length in front of each message says where it ends, however the
//! bytes are cut; below they come one at a time. Check the length before making
//! room for it, or a peer decides how much memory you take.
//!
//! ```console
//! $ cargo run -p examples-io --bin framing
//! unframed: ["21.519", ".8"]
//! by hand: ["21.5", "19.8"], then a frame of 1073741824 bytes is refused
//! by codec: ["21.5", "19.8"], then frame size too big
//! ```
//!
//! Copy it with `cargo add tokio -F io-util,macros,rt-multi-thread`,
//! `cargo add tokio-util -F codec` and
//! `cargo add futures-util --no-default-features`.

use std::io;

use futures_util::TryStreamExt;
use tokio::io::{
    AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader,
    DuplexStream, duplex,
};
use tokio_util::codec::{FramedRead, LengthDelimitedCodec};

const READINGS: [&str; 2] = ["21.5", "19.8"];
/// No reading is longer; a frame that is comes from a broken or hostile peer.
const MAX_FRAME: usize = 1024;

#[tokio::main]
async fn main() -> io::Result<()> {
    // Six bytes stand for what one packet holds.
    let (station, link) = duplex(6);
    let mut reads = Vec::new();
    let sent = send_unframed(station);
    tokio::try_join!(sent, read_unframed(link, &mut reads))?;
    println!("unframed: {reads:?}");

    let (station, link) = duplex(1);
    let mut frames = Vec::new();
    let received = read_by_hand(link, &mut frames);
    let (sent, received) = tokio::join!(send(station), received);
    sent?;
    println!("by hand: {frames:?}, then {}", ending(received));

    let (station, link) = duplex(1);
    let mut frames = Vec::new();
    let received = read_by_codec(link, &mut frames);
    let (sent, received) = tokio::join!(send(station), received);
    sent?;
    println!("by codec: {frames:?}, then {}", ending(received));
    Ok(())
}

async fn send_unframed(mut station: DuplexStream) -> io::Result<()> {
    for reading in READINGS {
        station.write_all(reading.as_bytes()).await?;
    }
    Ok(())
}

async fn read_unframed(
    mut link: DuplexStream,
    reads: &mut Vec<String>,
) -> io::Result<()> {
    let mut buffer = [0; MAX_FRAME];
    loop {
        match link.read(&mut buffer).await? {
            0 => return Ok(()),
            count => reads.push(text(&buffer[..count])),
        }
    }
}

/// Sends the readings framed, then the length of a frame that is too long.
async fn send(mut station: DuplexStream) -> io::Result<()> {
    for reading in READINGS {
        let length = u32::try_from(reading.len()).map_err(io::Error::other)?;
        station.write_u32(length).await?;
        station.write_all(reading.as_bytes()).await?;
    }
    station.write_u32(1 << 30).await
}

async fn read_by_hand(
    link: DuplexStream,
    frames: &mut Vec<String>,
) -> io::Result<()> {
    let mut link = BufReader::new(link);
    while let Some(frame) = read_frame(&mut link).await? {
        frames.push(text(&frame));
    }
    Ok(())
}

async fn read_frame(
    link: &mut (impl AsyncBufRead + Unpin),
) -> io::Result<Option<Vec<u8>>> {
    // Between two frames the end of input is right, within one it is an error.
    if link.fill_buf().await?.is_empty() {
        return Ok(None);
    }
    let length = link.read_u32().await? as usize;
    if length > MAX_FRAME {
        let error = format!("a frame of {length} bytes is refused");
        return Err(io::Error::new(io::ErrorKind::InvalidData, error));
    }
    let mut frame = vec![0; length];
    link.read_exact(&mut frame).await?;
    Ok(Some(frame))
}

async fn read_by_codec(
    link: DuplexStream,
    frames: &mut Vec<String>,
) -> io::Result<()> {
    let codec =
        LengthDelimitedCodec::builder().max_frame_length(MAX_FRAME).new_codec();
    let mut link = FramedRead::new(link, codec);
    while let Some(frame) = link.try_next().await? {
        frames.push(text(&frame));
    }
    Ok(())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn ending(received: io::Result<()>) -> String {
    received.map_or_else(|error| error.to_string(), |()| "the end".into())
}
