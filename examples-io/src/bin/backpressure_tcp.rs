//! Let a peer that does not read slow down what is made for it.
//!
//! TCP holds what the peer has not read in two buffers, its own and the
//! sender's. When both are full `write_all` waits, and with it whoever makes
//! the data: that is back-pressure, and memory stays flat. An unbounded queue
//! before the socket takes it away, and all 16 MiB are made to wait in memory.
//! A bounded queue passes it on: 69 frames or 4 MiB are made on a Linux
//! machine, and then no more. When the peer reads, everything goes on.
//!
//! ```console
//! $ cargo run -p examples-io --bin backpressure_tcp
//! the screen reads nothing for 200 ms
//! broken, unbounded queue: 256 of 256 frames made, [..] wait in memory
//! fixed, queue of 4 frames: [..] of 256 frames made, 5 wait in memory
//! the screen reads 16 MiB: 256 of 256 frames made, 0 wait in memory
//! ```
//!
//! Copy it with
//! `cargo add tokio -F io-util,macros,net,rt-multi-thread,sync,time`.

use std::cell::Cell;
use std::time::Duration;
use std::{fmt, io};

use tokio::io::{AsyncWriteExt, copy, sink};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;

const FRAMES: u32 = 256;
const FRAME: usize = 64 * 1024;
const QUIET: Duration = Duration::from_millis(200);

#[tokio::main]
async fn main() -> io::Result<()> {
    println!("the screen reads nothing for 200 ms");

    let (_screen, camera) = connection().await?;
    let film = Film::default();
    if let Ok(sent) = timeout(QUIET, broken(camera, &film)).await {
        sent?;
    }
    println!("broken, unbounded queue: {film}");

    let (mut screen, camera) = connection().await?;
    let film = Film::default();
    let fixed = fixed(camera, &film);
    tokio::pin!(fixed);
    if let Ok(sent) = timeout(QUIET, &mut fixed).await {
        sent?;
    }
    println!("fixed, queue of 4 frames: {film}");

    let mut nowhere = sink();
    let ((), bytes) = tokio::try_join!(fixed, copy(&mut screen, &mut nowhere))?;
    println!("the screen reads {} MiB: {film}", bytes >> 20);
    Ok(())
}

#[derive(Default)]
struct Film {
    made: Cell<u32>,
    sent: Cell<u32>,
}

impl fmt::Display for Film {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (made, waiting) =
            (self.made.get(), self.made.get() - self.sent.get());
        write!(f, "{made} of {FRAMES} frames made, {waiting} wait in memory")
    }
}

async fn connection() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let camera = TcpStream::connect(listener.local_addr()?).await?;
    let (screen, _) = listener.accept().await?;
    Ok((screen, camera))
}

async fn broken(mut camera: TcpStream, film: &Film) -> io::Result<()> {
    let (sender, mut queue) = mpsc::unbounded_channel();
    let make = async move {
        for _ in 0..FRAMES {
            if sender.send(vec![b'f'; FRAME]).is_err() {
                return;
            }
            film.made.update(|count| count + 1);
        }
    };
    let send = async move {
        while let Some(frame) = queue.recv().await {
            camera.write_all(&frame).await?;
            film.sent.update(|count| count + 1);
        }
        Ok(())
    };
    tokio::join!(make, send).1
}

async fn fixed(mut camera: TcpStream, film: &Film) -> io::Result<()> {
    let (sender, mut queue) = mpsc::channel(4);
    let make = async move {
        for _ in 0..FRAMES {
            // An error says that the connection has failed, which `send` tells.
            if sender.send(vec![b'f'; FRAME]).await.is_err() {
                return;
            }
            film.made.update(|count| count + 1);
        }
    };
    let send = async move {
        while let Some(frame) = queue.recv().await {
            camera.write_all(&frame).await?;
            film.sent.update(|count| count + 1);
        }
        Ok(())
    };
    tokio::join!(make, send).1
}
