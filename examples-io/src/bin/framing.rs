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
//! unframed: 21.519
//! by hand: 21.5
//! by hand: 19.8
//! by hand: a frame of 4194304 bytes is refused
//! by codec: 21.5
//! by codec: 19.8
//! by codec: frame size too big
//! ```
//!
//! Copy it with `cargo add tokio -F io-util,macros,rt-multi-thread`,
//! `cargo add tokio-util -F codec` and
//! `cargo add futures-util --no-default-features`.

use std::io;

use futures_util::TryStreamExt;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream, duplex};
use tokio_util::codec::{FramedRead, LengthDelimitedCodec};

const READINGS: [&str; 2] = ["21.5", "19.8"];
/// No reading is longer; a frame that is comes from a broken or hostile peer.
const MAX_FRAME: usize = 1024;

#[tokio::main]
async fn main() -> io::Result<()> {
    let (mut sensor, mut link) = duplex(64);
    for reading in READINGS {
        sensor.write_all(reading.as_bytes()).await?;
    }
    // Six bytes stand for what one packet holds.
    let mut packet = [0; 6];
    let count = link.read(&mut packet).await?;
    println!("unframed: {}", packet[..count].escape_ascii());

    if let Err(error) = read_by_hand(framed()).await {
        println!("by hand: {error}");
    }
    if let Err(error) = read_by_codec(framed()).await {
        println!("by codec: {error}");
    }
    Ok(())
}

/// A link with both readings, and the length of a frame that is too long.
fn framed() -> DuplexStream {
    let (mut sensor, link) = duplex(1);
    // Should it fail, the reader meets an early end.
    tokio::spawn(async move {
        for reading in READINGS {
            let length = u32::try_from(reading.len()).map_err(io::Error::other)?;
            sensor.write_u32(length).await?;
            sensor.write_all(reading.as_bytes()).await?;
        }
        sensor.write_u32(1 << 22).await
    });
    link
}

async fn read_by_hand(link: DuplexStream) -> io::Result<()> {
    let mut link = BufReader::new(link);
    // Between two frames the end of input is right, within one it is an error.
    while !link.fill_buf().await?.is_empty() {
        let length = link.read_u32().await? as usize;
        if length > MAX_FRAME {
            let error = format!("a frame of {length} bytes is refused");
            return Err(io::Error::other(error));
        }
        let mut frame = vec![0; length];
        link.read_exact(&mut frame).await?;
        println!("by hand: {}", frame.escape_ascii());
    }
    Ok(())
}

async fn read_by_codec(link: DuplexStream) -> io::Result<()> {
    let mut codec = LengthDelimitedCodec::new();
    codec.set_max_frame_length(MAX_FRAME);
    let mut link = FramedRead::new(link, codec);
    while let Some(frame) = link.try_next().await? {
        println!("by codec: {}", frame.escape_ascii());
    }
    Ok(())
}
