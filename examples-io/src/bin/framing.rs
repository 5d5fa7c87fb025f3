//! Frame messages with a length in front of each one.
//!
//! A sensor sends 21.5 and 19.8. TCP carries bytes, not messages, so they may
//! arrive as 21.519 and .8. The first even looks right. With a length in front
//! of each message, the receiver knows where it ends, even if every byte comes
//! alone. Check the length before you allocate, or the peer (the other side)
//! decides how much memory you use. After an error, close the connection.
//!
//! ```console
//! $ cargo run -p examples-io --bin framing
//! broken: 21.519
//! broken: .8
//! fixed: 21.5
//! fixed: 19.8
//! fixed: 4294967295 bytes are too long
//! ```
//!
//! For a codec that does this in both directions, see `framing_codec`. For
//! messages that are lines of text, see `line_server`.
//!
//! Copy it with `cargo add tokio -F io-util,macros,rt-multi-thread`.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

const READINGS: [&str; 2] = ["21.5", "19.8"];
const MAX_FRAME: usize = 1024;

#[tokio::main]
async fn main() -> io::Result<()> {
    broken().await?;
    fixed().await
}

async fn broken() -> io::Result<()> {
    // `duplex` is a connection in memory.
    let (mut sensor, mut station) = duplex(64);
    for reading in READINGS {
        sensor.write_all(reading.as_bytes()).await?;
    }
    for _ in 0..2 {
        // Six bytes stand for what one packet holds.
        let mut packet = [0; 6];
        let count = station.read(&mut packet).await?;
        println!("broken: {}", packet[..count].escape_ascii());
    }
    Ok(())
}

async fn fixed() -> io::Result<()> {
    // This connection has room for one byte, so every byte comes alone.
    let (sensor, mut station) = duplex(1);
    let sending = tokio::spawn(send(sensor));
    for _ in 0..3 {
        match read_frame(&mut station).await {
            Ok(frame) => println!("fixed: {}", frame.escape_ascii()),
            Err(error) => println!("fixed: {error}"),
        }
    }
    sending.await?
}

async fn send(mut station: DuplexStream) -> io::Result<()> {
    for reading in READINGS {
        let length = u32::try_from(reading.len()).map_err(io::Error::other)?;
        station.write_u32(length).await?;
        station.write_all(reading.as_bytes()).await?;
    }
    // A hostile sensor announces a frame of 4 GiB.
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
