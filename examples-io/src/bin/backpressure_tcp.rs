//! Let a peer that does not read slow down what is made for it.
//!
//! TCP holds what the peer has not read in two buffers, its own and the
//! sender's. When both are full `write_all` waits, and so does whoever makes
//! the data: that is back-pressure, and memory stays flat. An unbounded queue
//! before the socket takes it away, as does one with room for all: of 16 MiB 12
//! wait in memory. A short one passes it on: on a Linux machine 69 frames or 4
//! MiB are made, most of them in the two buffers, and then no more.
//!
//! ```console
//! $ cargo run -p examples-io --bin backpressure_tcp
//! a camera sends to a screen that does not read
//! broken, room for 256: 256 of 256 frames made, [..] wait in memory
//! fixed, room for 4: [..] of 256 frames made, 5 wait in memory
//! ```
//!
//! Copy it with
//! `cargo add tokio -F io-util,macros,net,rt-multi-thread,sync,time`.

use std::io;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;

const FRAMES: usize = 256;
const FRAME: usize = 64 * 1024;
/// A screen that takes nothing for longer is given up.
const PATIENCE: Duration = Duration::from_millis(500);

#[tokio::main]
async fn main() -> io::Result<()> {
    println!("a camera sends to a screen that does not read");
    show("broken", FRAMES).await?;
    show("fixed", 4).await
}

async fn show(name: &str, room: usize) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let mut camera = TcpStream::connect(listener.local_addr()?).await?;
    let (_screen, _) = listener.accept().await?;

    let (sender, mut queue) = mpsc::channel(room);
    tokio::spawn(film(sender));
    let mut sent = 0;
    while let Some(frame) = queue.recv().await {
        match timeout(PATIENCE, camera.write_all(&frame)).await {
            Ok(written) => written?,
            // Part of the frame may be gone: nothing can follow it.
            Err(_) => break,
        }
        sent += 1;
    }

    // The queue, and the frame that is being written.
    let waiting = queue.len() + 1;
    let made = sent + waiting;
    print!("{name}, room for {room}: {made} of {FRAMES} frames made, ");
    println!("{waiting} wait in memory");
    Ok(())
}

async fn film(queue: mpsc::Sender<Vec<u8>>) {
    for _ in 0..FRAMES {
        if queue.send(vec![b'f'; FRAME]).await.is_err() {
            // The screen has been given up.
            return;
        }
    }
}
