//! Let TCP back-pressure slow down a producer whose peer stops reading.
//!
//! A camera sends frames to a screen that does not read. TCP keeps unread bytes
//! in two buffers, one on each side. When both are full, `write_all` waits. A
//! short queue between the camera and `write_all` then fills, and the camera
//! waits too, after ~64 frames: this is back-pressure. With a queue for all 256
//! frames, the camera never waits, and ~197 frames pile up in memory. After
//! 500 ms without room for a frame, the program gives up the screen.
//!
//! ```console
//! $ cargo run -p examples-io --bin backpressure_tcp
//! broken, room for 256: 256 frames made, ~197 wait in memory    # 500 ms
//! fixed, room for 4: ~64 frames made, 5 wait in memory          # 1 s
//! ```
//!
//! For a queue without a network, see `backpressure`.
//!
//! Copy it with `cargo add tokio -F
//! io-util,macros,net,rt-multi-thread,sync,time`.

use std::io;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;

const FRAMES: usize = 256;
const FRAME_SIZE: usize = 64 * 1024;
/// A screen that does not take a whole frame in this time is given up.
const WRITE_TIMEOUT: Duration = Duration::from_millis(500);

#[tokio::main]
async fn main() -> io::Result<()> {
    let (made, waiting) = show(FRAMES).await?;
    println!("broken, room for {FRAMES}: {made} frames made, {waiting} wait in memory");

    let (made, waiting) = show(4).await?;
    println!("fixed, room for 4: {made} frames made, {waiting} wait in memory");
    Ok(())
}

/// Returns how many frames were made, and how many of them wait in memory.
async fn show(room: usize) -> io::Result<(usize, usize)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let mut screen = TcpStream::connect(listener.local_addr()?).await?;
    let (_never_read, _) = listener.accept().await?;

    let (sender, mut queue) = mpsc::channel(room);
    tokio::spawn(film(sender));
    let mut sent = 0;
    while let Some(frame) = queue.recv().await {
        match timeout(WRITE_TIMEOUT, screen.write_all(&frame)).await {
            Ok(written) => written?,
            // A part of the frame may be sent: nothing can follow it.
            Err(_) => break,
        }
        sent += 1;
    }

    // Those in the queue, and the one that could not be written.
    let waiting = queue.len() + 1;
    Ok((sent + waiting, waiting))
}

async fn film(queue: mpsc::Sender<Vec<u8>>) {
    for _ in 0..FRAMES {
        // Make a frame only when there is room for it. An error means that the
        // screen has been given up.
        let Ok(room) = queue.reserve().await else {
            return;
        };
        room.send(vec![b'f'; FRAME_SIZE]);
    }
}
